# Submitting is harmless; waiting for the result on the loop is not, nor is leaving the executor's `with` block.
import time
from concurrent.futures import Future, ThreadPoolExecutor, as_completed, wait

from fastapi import FastAPI

app = FastAPI()
pool = ThreadPoolExecutor(4)


def crunch(n: int) -> int:
    time.sleep(1)
    return n * n


@app.get("/result/{n}")
async def result(n: int) -> int:  #: endpoint GET /result/{n} blocks Future.result=error
    return pool.submit(crunch, n).result(timeout=5)


@app.get("/all/{n}")
async def wait_for_all(n: int) -> list[int]:  #: endpoint GET /all/{n} blocks concurrent.futures.wait|concurrent.futures.as_completed=error …
    futures: list[Future[int]] = [pool.submit(crunch, i) for i in range(n)]
    wait(futures)
    return [future.result() for future in as_completed(futures)]


@app.get("/with/{n}")
async def within(n: int) -> None:  #: endpoint GET /with/{n} blocks
    with ThreadPoolExecutor() as own:
        own.submit(crunch, n)


@app.get("/map/{n}")
async def mapped(n: int) -> list[int]:  #: endpoint GET /map/{n} blocks …
    return list(pool.map(crunch, range(n)))
