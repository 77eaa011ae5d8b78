# A dataclass carries the session; a frozen one carries numbers.
from dataclasses import dataclass
from typing import NamedTuple

import requests
from fastapi import FastAPI

app = FastAPI()


@dataclass
class Api:
    base: str
    http: requests.Session

    def get(self, path: str) -> dict:
        return self.http.get(f"{self.base}/{path}", timeout=3).json()


class Point(NamedTuple):
    x: int
    y: int

    def length(self) -> float:
        return (self.x**2 + self.y**2) ** 0.5


api = Api("https://api.example.org", requests.Session())


@app.get("/remote/{path}")
async def remote(path: str) -> dict:  #: endpoint GET /remote/{path} blocks Session.get=error
    return api.get(path)


@app.get("/length")
async def length(x: int, y: int) -> float:  #: endpoint GET /length clean
    return Point(x, y).length()
