# A class as dependency: its constructor runs in a thread, its method on the loop.
from typing import Annotated

import requests
from fastapi import Depends, FastAPI

app = FastAPI()


class Search:
    def __init__(self, q: str = "", limit: int = 10) -> None:  #: dependency clean on thread
        self.q = q
        self.limit = limit
        self.token = requests.get("https://auth.example.org/token", timeout=2).text

    def hits(self) -> list[str]:
        answer = requests.get("https://search.example.org", params={"q": self.q}, headers={"T": self.token}, timeout=2)
        return answer.json()[: self.limit]

    def title(self) -> str:
        return f"{self.limit} hits for {self.q}"


@app.get("/search")
async def search(found: Annotated[Search, Depends()]):  #: endpoint GET /search blocks requests.get=error
    return found.hits()


@app.get("/search/title")
async def title(found: Annotated[Search, Depends()]) -> str:  #: endpoint GET /search/title clean
    return found.title()
