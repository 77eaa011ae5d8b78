# An ignore comment with the rule and a reason silences its line, and no other.
import time

from fastapi import FastAPI

app = FastAPI()


def settle() -> None:
    time.sleep(0.0001)


@app.post("/direct")
async def direct() -> None:  #: endpoint POST /direct clean|blocks
    time.sleep(0.0001)  # clearway: ignore[CW101] a tenth of a millisecond


@app.post("/through")
async def through() -> None:  #: endpoint POST /through clean|blocks
    settle()  # clearway: ignore[CW102, CW101] a tenth of a millisecond
