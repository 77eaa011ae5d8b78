# A `for` over a sync generator runs its body on the loop, sleep after sleep.
import time
from collections.abc import Iterator

from fastapi import FastAPI

app = FastAPI()


def poll(job: str) -> Iterator[str]:
    for state in ("queued", "running", "done"):
        time.sleep(0.5)
        yield f"{job} {state}"


def states(job: str) -> Iterator[str]:
    yield from (f"{job} {state}" for state in ("queued", "running", "done"))


@app.get("/jobs/{job}/wait")
async def wait(job: str):  #: endpoint GET /jobs/{job}/wait blocks time.sleep=error
    seen = []
    for state in poll(job):
        seen.append(state)
    return seen


@app.get("/jobs/{job}")
async def all_states(job: str):  #: endpoint GET /jobs/{job} clean
    return [state for state in states(job)]
