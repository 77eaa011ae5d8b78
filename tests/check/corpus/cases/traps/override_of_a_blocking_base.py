# The base class blocks; what the endpoint holds is a subclass that does not.
import time

from fastapi import FastAPI

app = FastAPI()


class Clock:
    def wait(self, seconds: float) -> None:
        time.sleep(seconds)

    def name(self) -> str:
        return "clock"


class FakeClock(Clock):
    def __init__(self) -> None:
        self.waited = 0.0

    def wait(self, seconds: float) -> None:
        self.waited += seconds


@app.get("/wait")
async def wait() -> float:  #: endpoint GET /wait clean
    clock = FakeClock()
    clock.wait(10)
    return clock.waited


@app.get("/name")
async def name() -> str:  #: endpoint GET /name clean
    return Clock().name()
