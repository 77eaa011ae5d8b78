# A lambda or a partial that is called where it stands is not handed over.
import asyncio
import functools
import time

from fastapi import FastAPI

app = FastAPI()


def work(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


@app.get("/lambda")
async def by_lambda():  #: endpoint GET /lambda blocks time.sleep=error
    return await asyncio.to_thread((lambda: work(1))())  #! CW104 error


@app.get("/partial")
async def by_partial():  #: endpoint GET /partial blocks time.sleep=error
    return await asyncio.to_thread(functools.partial(work, 1)())  #! CW104 error


@app.get("/executor")
async def by_executor():  #: endpoint GET /executor blocks time.sleep=error
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(None, work(1))  #! CW104 error
