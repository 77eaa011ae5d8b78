# pyzmq: making sockets is quick, and its asyncio half is awaited.
import zmq
import zmq.asyncio
from fastapi import FastAPI

app = FastAPI()


class Requestor:
    def __init__(self) -> None:
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.REQ)
        self.socket.connect("ipc:///tmp/requests")

    def send(self, data: dict[str, str]) -> dict[str, str]:
        self.socket.send_json(data)
        return self.socket.recv_json()


@app.get("/made")
async def made() -> None:  #: endpoint GET /made clean
    Requestor()


@app.get("/async")
async def awaited() -> str:  #: endpoint GET /async clean
    socket = zmq.asyncio.Context().socket(zmq.REQ)
    await socket.send_string("x")
    return await socket.recv_string()
