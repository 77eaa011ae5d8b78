# Programs started and waited for.
import os
import subprocess
from subprocess import PIPE, Popen

from fastapi import FastAPI

app = FastAPI()


@app.post("/gc")
async def collect() -> int:  #: endpoint POST /gc blocks os.system=error
    return os.system("git gc")


@app.get("/log")
async def log() -> str:  #: endpoint GET /log blocks subprocess.check_output=error
    return subprocess.check_output(["git", "log", "-1"], text=True)


@app.get("/blame/{name}")
async def blame(name: str) -> str:  #: endpoint GET /blame/{name} blocks Popen.communicate=error …
    process = Popen(["git", "blame", name], stdout=PIPE, text=True)
    out, _ = process.communicate(timeout=10)
    return out


@app.post("/build")
async def build() -> None:  #: endpoint POST /build blocks subprocess.check_call=error
    subprocess.check_call("make", shell=True)
