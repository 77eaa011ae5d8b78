# Locks and children that are only asked, not waited for.
import fcntl
import os

from fastapi import FastAPI

app = FastAPI()


@app.post("/lock")
async def lock(fd: int) -> bool:  #: endpoint POST /lock clean
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@app.post("/wait-for-lock")
async def wait_for_lock(fd: int) -> None:  #: endpoint POST /wait-for-lock blocks fcntl.flock=error
    fcntl.flock(fd, fcntl.LOCK_EX)


@app.get("/child/{pid}")
async def child(pid: int) -> int:  #: endpoint GET /child/{pid} clean
    return os.waitpid(pid, os.WNOHANG)[1]
