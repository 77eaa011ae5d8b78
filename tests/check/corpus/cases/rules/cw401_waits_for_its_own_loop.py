# Waiting on the loop for a coroutine that the same loop would have to run: a deadlock.
import asyncio

from fastapi import FastAPI

app = FastAPI()


async def compute() -> int:  #:? task clean
    await asyncio.sleep(0)
    return 1


def helper() -> int:
    return asyncio.run(compute())


@app.get("/threadsafe")
async def threadsafe() -> int:  #: endpoint GET /threadsafe blocks|clean
    loop = asyncio.get_running_loop()
    return asyncio.run_coroutine_threadsafe(compute(), loop).result()  #! CW401 error


@app.get("/helper")
async def through_helper() -> int:  #: endpoint GET /helper blocks|clean
    return helper()  #! CW401 error


@app.get("/bridge")
async def bridge() -> int:  #: endpoint GET /bridge blocks|clean
    future = asyncio.run_coroutine_threadsafe(compute(), asyncio.get_running_loop())
    return future.result(timeout=5)  #! CW401 error
