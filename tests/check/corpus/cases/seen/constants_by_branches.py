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


@app.post("/one")
async def one_of_them(kind: str) -> None:  #: endpoint POST /one blocks time.sleep=error
    event = None
    if kind == "a":
        event = Event.CREATED
    elif kind == "b":
        event = Event.SWITCHED
    await process(event=event)


@app.post("/given")
async def given(kind: str, word: str = "slow") -> None:  #: endpoint POST /given blocks time.sleep=error
    if kind == "a":
        word = "slower"
    if word == "fast":
        time.sleep(1)


@app.post("/table-or-default")
async def from_table_or_default(kind: str) -> None:  #: endpoint POST /table-or-default blocks time.sleep=error
    await process(event=BY_TYPE.get(kind, Event.SWITCHED))


@app.post("/filled")
async def from_filled_table(kind: str) -> None:  #: endpoint POST /filled blocks time.sleep=error
    await process(event=BY_NAME[kind])


@app.post("/each-later")
async def each_later() -> None:  #: endpoint POST /each-later blocks time.sleep=error
    for event in LATER:
        await process(event=event)


@app.post("/each-grown")
async def each_of_a_grown_list(kind: str) -> None:  #: endpoint POST /each-grown blocks time.sleep=error
    events = [Event.CREATED]
    if kind:
        events.append(Event.SWITCHED)
    for event in events:
        await process(event=event)
