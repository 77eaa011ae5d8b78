# `except A, B:` of Python 3.14.
#: newer 3.14
import time

from fastapi import FastAPI

app = FastAPI()


@app.get("/parse")
async def parse(text: str) -> int:  #: endpoint GET /parse blocks time.sleep=error
    try:
        return int(text)
    except ValueError, TypeError:
        time.sleep(1)  #! CW101 error
        return 0


@app.get("/quiet")
async def quiet(text: str) -> int:  #: endpoint GET /quiet clean
    try:
        return int(text)
    except ValueError, OverflowError:
        return 0
