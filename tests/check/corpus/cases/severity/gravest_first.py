# One endpoint writes a file and waits for the network, another only asks for a file's size.
import os
from pathlib import Path

import requests
from fastapi import FastAPI

app = FastAPI()


@app.post("/mirror")
async def mirror(url: str) -> int:  #: endpoint POST /mirror blocks requests.get=error Path.write_bytes=warning
    content = requests.get(url, timeout=9).content  #! CW101 error
    return Path("mirror.bin").write_bytes(content)  #! CW101 warning


@app.get("/size")
async def size() -> int:  #: endpoint GET /size clean
    return os.path.getsize("mirror.bin")  #! CW101 advice
