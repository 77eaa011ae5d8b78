# Reading an attribute runs a property that looks a host up.
import socket

from fastapi import FastAPI

app = FastAPI()


class Node:
    def __init__(self, host: str) -> None:
        self.host = host

    @property
    def address(self) -> str:
        return socket.gethostbyname(self.host)

    @property
    def label(self) -> str:
        return self.host.upper()


@app.get("/nodes/{host}")
async def node(host: str) -> dict[str, str]:  #: endpoint GET /nodes/{host} blocks socket.gethostbyname=error
    found = Node(host)
    return {"label": found.label, "address": found.address}


@app.get("/nodes/{host}/label")
async def label(host: str) -> str:  #: endpoint GET /nodes/{host}/label clean
    return Node(host).label
