# Calls that only ask for metadata: advice, and the endpoint counts as clean.
import os
from pathlib import Path

from fastapi import FastAPI, HTTPException

app = FastAPI()


@app.get("/exists/{name}")
async def exists(name: str) -> bool:  #: endpoint GET /exists/{name} clean
    return os.path.exists(name)  #! CW101 advice


@app.get("/age/{name}")
async def age(name: str) -> float:  #: endpoint GET /age/{name} clean
    path = Path("data", name)
    if not path.is_file():  #! CW101 advice
        raise HTTPException(404)
    return path.stat().st_mtime  #! CW101 advice


@app.get("/cwd")
async def cwd() -> str:  #: endpoint GET /cwd clean
    return os.getcwd()  #! CW101 advice
