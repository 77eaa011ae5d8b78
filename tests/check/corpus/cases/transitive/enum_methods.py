# Members of an enum have methods; one of them waits.
import time
from enum import Enum, StrEnum

from fastapi import FastAPI

app = FastAPI()


class Backoff(Enum):
    SHORT = 0.1
    LONG = 2.0

    def wait(self) -> None:
        time.sleep(self.value)


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"

    def css(self) -> str:
        return f"color: {self.value}"


@app.post("/wait")
async def wait() -> None:  #: endpoint POST /wait blocks time.sleep=error
    Backoff.LONG.wait()


@app.get("/css/{colour}")
async def css(colour: Colour) -> str:  #: endpoint GET /css/{colour} clean
    return colour.css()
