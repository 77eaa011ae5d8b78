# Programs started and waited for by asyncio.
import asyncio

from fastapi import FastAPI

app = FastAPI()


@app.get("/log")
async def log() -> str:  #: endpoint GET /log clean
    process = await asyncio.create_subprocess_exec("git", "log", "-1", stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    return out.decode()


@app.post("/build")
async def build() -> int:  #: endpoint POST /build clean
    process = await asyncio.create_subprocess_shell("make")
    return await process.wait()
