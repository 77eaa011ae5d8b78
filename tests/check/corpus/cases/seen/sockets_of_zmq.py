# pyzmq: making sockets is quick, sending and receiving waits for the other side; its asyncio half is awaited.
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


@app.get("/sent")
async def sent() -> dict[str, str]:  #: endpoint GET /sent blocks zmq.Socket.send_json=error zmq.Socket.recv_json=error
    return Requestor().send({})


@app.get("/polled")
async def polled() -> None:  #: endpoint GET /polled blocks zmq.Socket.poll=error
    socket = zmq.Context.instance().socket(zmq.SUB)
    socket.poll(timeout=0)
    socket.poll(100)
