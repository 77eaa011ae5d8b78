# `flock` waits for a lock only: to give one back, or to ask without waiting, takes no time.
import asyncio
import fcntl
import os

from fastapi import FastAPI

app = FastAPI()
LOCK = os.open("lock", os.O_CREAT | os.O_RDWR)


class NamedLock:
    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    async def __aenter__(self) -> "NamedLock":
        while True:
            try:
                fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return self
            except OSError:
                await asyncio.sleep(1)

    async def __aexit__(self, *error: object) -> None:
        fcntl.flock(self.descriptor, fcntl.LOCK_UN)


@app.get("/patient")
async def patient() -> int:  #: endpoint GET /patient clean
    async with NamedLock(LOCK) as lock:
        return lock.descriptor


@app.get("/try")
async def tried() -> None:  #: endpoint GET /try clean
    fcntl.lockf(LOCK, fcntl.LOCK_NB | fcntl.LOCK_EX)


@app.get("/waiting")
async def waiting() -> None:  #: endpoint GET /waiting blocks fcntl.flock=error
    fcntl.flock(LOCK, fcntl.LOCK_EX)


@app.get("/by-flag/{flag}")
async def by_flag(flag: int) -> None:  #: endpoint GET /by-flag/{flag} blocks fcntl.flock=error
    fcntl.flock(LOCK, flag)
