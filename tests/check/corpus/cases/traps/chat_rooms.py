# Websockets with a manager in memory.
import asyncio

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()


class Rooms:
    def __init__(self) -> None:
        self.members: dict[str, set[WebSocket]] = {}
        self.lock = asyncio.Lock()

    async def join(self, room: str, socket: WebSocket) -> None:
        await socket.accept()
        async with self.lock:
            self.members.setdefault(room, set()).add(socket)

    def leave(self, room: str, socket: WebSocket) -> None:
        self.members.get(room, set()).discard(socket)

    async def send(self, room: str, text: str) -> None:
        await asyncio.gather(*(member.send_text(text) for member in self.members.get(room, ())))


rooms = Rooms()


@app.websocket("/rooms/{room}")
async def chat(socket: WebSocket, room: str) -> None:  #: websocket WS /rooms/{room} clean
    await rooms.join(room, socket)
    try:
        while True:
            await rooms.send(room, await socket.receive_text())
    except WebSocketDisconnect:
        rooms.leave(room, socket)
