# A variable that branches set is one of what they set it to; a branch for anything else is not taken.
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


@app.post("/one")
async def one_of_them(kind: str) -> None:  #: endpoint POST /one blocks time.sleep=error
    event = None
    if kind == "a":
        event = Event.CREATED
    elif kind == "b":
        event = Event.SWITCHED
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


@app.post("/given")
async def given(kind: str, word: str = "slow") -> None:  #: endpoint POST /given blocks time.sleep=error
    if kind == "a":
        word = "slower"
    if word == "fast":
        time.sleep(1)


@app.post("/table")
async def from_table(kind: str) -> None:  #: endpoint POST /table clean
    await process(event=BY_TYPE[kind])


@app.post("/table-or-none")
async def from_table_or_none(kind: str) -> None:  #: endpoint POST /table-or-none clean
    await process(event=BY_TYPE.get(kind))


@app.post("/table-or-default")
async def from_table_or_default(kind: str) -> None:  #: endpoint POST /table-or-default blocks time.sleep=error
    await process(event=BY_TYPE.get(kind, Event.SWITCHED))


@app.post("/inline")
async def from_inline_table(kind: str) -> None:  #: endpoint POST /inline clean
    await process(event={"a": Event.CREATED, "b": Event.PAUSED}.get(kind, Event.RESUMED))


@app.post("/filled")
async def from_filled_table(kind: str) -> None:  #: endpoint POST /filled blocks time.sleep=error
    await process(event=BY_NAME[kind])


@app.post("/each")
async def each() -> None:  #: endpoint POST /each clean
    for event in SOON:
        await process(event=event)


@app.post("/each-later")
async def each_later() -> None:  #: endpoint POST /each-later blocks time.sleep=error
    for event in LATER:
        await process(event=event)


@app.post("/each-local")
async def each_of_a_local_list() -> None:  #: endpoint POST /each-local clean
    for event in [Event.CREATED, Event.RESUMED]:
        await process(event=event)


@app.post("/each-grown")
async def each_of_a_grown_list(kind: str) -> None:  #: endpoint POST /each-grown blocks time.sleep=error
    events = [Event.CREATED]
    if kind:
        events.append(Event.SWITCHED)
    for event in events:
        await process(event=event)
