# Methods whose names sound like sinks, on values that are in memory.
import httpx
import requests
from fastapi import FastAPI

app = FastAPI()


class Board:
    """Has methods named as a client's are, and talks to nobody."""

    def __init__(self) -> None:
        self.cells: dict[str, int] = {}

    def get(self, key: str) -> int:
        return self.cells.get(key, 0)

    def execute(self, command: str) -> None:
        self.cells[command] = self.get(command) + 1

    def commit(self) -> None:
        self.cells.clear()


board = Board()
HEADERS = requests.structures.CaseInsensitiveDict({"Accept": "text/plain"})


@app.post("/board")
async def play(command: str) -> int:  #: endpoint POST /board clean
    board.execute(command)
    board.commit()
    return board.get(command)


@app.get("/headers")
async def headers() -> str:  #: endpoint GET /headers clean
    return HEADERS.get("accept", "")


@app.get("/url")
async def url() -> str:  #: endpoint GET /url clean
    return str(httpx.URL("https://example.org").copy_with(path="/open"))


@app.get("/fetched")
async def fetched() -> str:  #: endpoint GET /fetched clean
    async with httpx.AsyncClient() as client:
        answer = await client.get("https://example.org")
    return answer.json().get("name", answer.headers.get("server", ""))
