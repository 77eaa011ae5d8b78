# Offloaders that the user names, because nothing can be read of them.
#: file clearway.toml
#| offloaders = ["acme.threads.run", "acme.threads.threaded"]
#: file main.py
import time

from acme.threads import run, threaded
from fastapi import FastAPI

app = FastAPI()


def work(n: int) -> int:
    time.sleep(n)
    return n


@threaded
def decorated(n: int) -> int:
    time.sleep(n)
    return n


@app.get("/work/{n}")
async def by_function(n: int) -> int:  #: endpoint GET /work/{n} clean
    return await run(work, n)


@app.get("/decorated/{n}")
async def by_decorator(n: int) -> int:  #: endpoint GET /decorated/{n} clean
    return await decorated(n)
