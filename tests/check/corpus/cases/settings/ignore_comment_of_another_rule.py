# The comment names another rule, stands on another line, or is text: nothing is silenced.
import time

from fastapi import FastAPI

app = FastAPI()


@app.post("/rule")
async def rule() -> None:  #: endpoint POST /rule blocks time.sleep
    time.sleep(1)  # clearway: ignore[CW201] not what is wrong here


@app.post("/line")
async def line() -> None:  #: endpoint POST /line blocks time.sleep
    # clearway: ignore[CW101] too far away
    seconds = 1

    time.sleep(seconds)


@app.post("/text")
async def text() -> str:  #: endpoint POST /text blocks time.sleep
    return str(time.sleep(1)) + "# clearway: ignore[CW101] only text"
