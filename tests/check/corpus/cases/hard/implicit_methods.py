# `str()`, f-strings, `if` and `bool` call methods that nobody sees.
import requests
from fastapi import FastAPI

app = FastAPI()


class Remote:
    def __init__(self, url: str) -> None:
        self.url = url

    def __str__(self) -> str:
        return requests.get(self.url, timeout=2).text

    def __bool__(self) -> bool:
        return requests.head(self.url, timeout=2).ok


class Local:
    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text

    def __bool__(self) -> bool:
        return bool(self.text)


@app.get("/str")
async def by_str(url: str) -> str:  #: endpoint GET /str blocks requests.get=error
    return str(Remote(url))


@app.get("/formatted")
async def formatted(url: str) -> str:  #: endpoint GET /formatted blocks requests.get=error
    remote = Remote(url)
    return f"it says: {remote}"


@app.get("/if")
async def by_if(url: str) -> str:  #: endpoint GET /if blocks requests.head=error
    if Remote(url):
        return "up"
    return "down"


@app.get("/local/{text}")
async def local(text: str) -> str:  #: endpoint GET /local/{text} clean
    return f"{Local(text)}" if Local(text) else "empty"
