# `time.sleep` in a coroutine, beside `asyncio.sleep`.
import asyncio
import time

from fastapi import FastAPI

app = FastAPI()


@app.get("/wait")
async def wait() -> str:  #: endpoint GET /wait blocks time.sleep=error
    time.sleep(1)  #! CW101 error time.sleep
    return "done"


@app.get("/pause")
async def pause() -> str:  #: endpoint GET /pause clean
    await asyncio.sleep(1)
    return "done"
