# Behind `if isinstance(x, Remote): continue` the object is of the other class; candidates must take what is given.
import requests
from fastapi import FastAPI

app = FastAPI()


class Remote:
    def __init__(self, url: str) -> None:
        self.url = url

    def size(self) -> int:
        return len(requests.get(self.url, timeout=2).content)


class Local:
    def __init__(self, url: str, limit: int) -> None:
        self.url = url
        self.limit = limit

    def size(self) -> int:
        return min(len(self.url), self.limit)


PARTS: list[Remote | Local] = [Remote("https://example.org"), Local("x", 2)]
KINDS = [Remote, Local]


@app.get("/local")
async def local() -> int:  #: endpoint GET /local clean
    total = 0
    for part in PARTS:
        if isinstance(part, Remote):
            continue
        total += part.size()
    return total


@app.get("/made")
async def made(n: int) -> int:  #: endpoint GET /made clean
    return KINDS[n](url="x", limit=3).size()
