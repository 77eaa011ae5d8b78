# A sleep that the code gives as a constant of a millisecond takes no seconds.
import time

from fastapi import FastAPI

app = FastAPI()
PAUSE = 0.5


@app.get("/millisecond")
async def millisecond() -> None:  #: endpoint GET /millisecond clean
    time.sleep(0.001)


@app.get("/half")
async def half() -> None:  #: endpoint GET /half blocks time.sleep=error
    time.sleep(PAUSE)


@app.get("/given/{pause}")
async def given(pause: float) -> None:  #: endpoint GET /given/{pause} blocks time.sleep=error
    time.sleep(pause)
