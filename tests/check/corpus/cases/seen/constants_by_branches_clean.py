# A variable that branches, tables or loops set is one of what they set it to: the other branches are not taken.
import enum
import time
from typing import Optional

from fastapi import FastAPI

app = FastAPI()


class Event(str, enum.Enum):
    CREATED = "created"
    PAUSED = "paused"
    RESUMED = "resumed"
    SWITCHED = "switched"
    CANCELLED = "cancelled"
    RENEWED = "renewed"


BY_TYPE = {"made": Event.CREATED, "stopped": Event.PAUSED}
SOON = (Event.CREATED, Event.PAUSED)
LATER = [Event.CREATED]
LATER.extend([Event.SWITCHED])
BY_NAME = {"made": Event.CREATED}


@app.on_event("startup")
async def fill() -> None:  #:? lifespan clean
    BY_NAME.update(Event.__members__)


async def process(*, event: Optional[Event], seconds: int = 1) -> None:
    if event == Event.CREATED:
        return
    if event == Event.SWITCHED:
        time.sleep(seconds)


@app.post("/never")
async def never(kind: str) -> None:  #: endpoint POST /never clean
    event = None
    if kind == "a":
        event = Event.CREATED
    elif kind == "b":
        event = Event.PAUSED
    elif kind == "c":
        event = Event.RESUMED
    elif kind == "d":
        event = Event.CANCELLED
    elif kind == "e":
        event = Event.RENEWED
    else:
        return
    await process(event=event)


@app.post("/match")
async def by_match(kind: str) -> None:  #: endpoint POST /match clean
    match kind:
        case "a":
            word = "slow"
        case "b":
            word = "slower"
        case _:
            word = "slowest"
    if word == "fast":
        time.sleep(1)


@app.post("/table")
async def from_table(kind: str) -> None:  #: endpoint POST /table clean
    await process(event=BY_TYPE[kind])


@app.post("/table-or-none")
async def from_table_or_none(kind: str) -> None:  #: endpoint POST /table-or-none clean
    await process(event=BY_TYPE.get(kind))


@app.post("/inline")
async def from_inline_table(kind: str) -> None:  #: endpoint POST /inline clean
    await process(event={"a": Event.CREATED, "b": Event.PAUSED}.get(kind, Event.RESUMED))


@app.post("/each")
async def each() -> None:  #: endpoint POST /each clean
    for event in SOON:
        await process(event=event)


@app.post("/each-local")
async def each_of_a_local_list() -> None:  #: endpoint POST /each-local clean
    for event in [Event.CREATED, Event.RESUMED]:
        await process(event=event)
