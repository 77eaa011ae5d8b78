# Making an object blocks: its `__init__` connects, or its `__post_init__` reads.
import socket
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI

app = FastAPI()


class Link:
    def __init__(self, host: str) -> None:
        self.socket = socket.create_connection((host, 9000))


@dataclass
class Page:
    name: str
    text: str = ""

    def __post_init__(self) -> None:
        self.text = Path(self.name).read_text()


@app.post("/links/{host}")
async def connect(host: str) -> bool:  #: endpoint POST /links/{host} blocks socket.create_connection=error
    return Link(host) is not None


@app.get("/pages/{name}")
async def page(name: str) -> str:  #: endpoint GET /pages/{name} blocks Path.read_text=warning
    return Page(name).text
