# AnyIO's worker threads and processes.
import hashlib
from pathlib import Path

import anyio
import anyio.to_process
from anyio import to_thread
from fastapi import FastAPI

app = FastAPI()


def derive(password: str) -> str:
    return hashlib.scrypt(password.encode(), salt=b"salt", n=2**14, r=8, p=1).hex()


@app.post("/keys")
async def key(password: str) -> str:  #: endpoint POST /keys clean
    return await anyio.to_process.run_sync(derive, password)


@app.get("/notes/{name}")
async def note(name: str) -> str:  #: endpoint GET /notes/{name} clean
    return await to_thread.run_sync(Path("notes", name).read_text)


@app.get("/motd")
async def motd() -> str:  #: endpoint GET /motd clean
    return await anyio.Path("/etc/motd").read_text()
