# Reading an attribute that an object does not have runs its `__getattr__`; `getattr` runs a property.
import requests
from fastapi import FastAPI

app = FastAPI()


class Remote:
    local = 1

    def __init__(self) -> None:
        self.size = 2

    def __getattr__(self, name: str) -> dict:
        return requests.get("https://remote/" + name).json()


class Page:
    @property
    def title(self) -> str:
        return requests.get("https://page/").text

    @property
    def kind(self) -> str:
        return "page"


class Lazily:
    def __init__(self, make) -> None:
        self._make = make
        self._made = None

    def __getattr__(self, name: str):
        if self._made is None:
            self._made = self._make()
        return getattr(self._made, name)


class Transport:
    def __init__(self) -> None:
        self.inner = None

    def send_all(self, text: str) -> None:
        self.inner.send_all(text)


remote = Remote()
page = Page()
lazily = Lazily(Page)
transport = Transport()


@app.get("/remote")
async def of_remote() -> dict:  #: endpoint blocks requests.get=error
    return remote.users


@app.get("/local")
async def of_local() -> int:  #: endpoint clean
    return remote.local + remote.size


@app.get("/title")
async def title() -> str:  #: endpoint blocks requests.get=error
    return getattr(page, "title")  # noqa: B009


@app.get("/kind")
async def kind() -> str:  #: endpoint clean
    return getattr(page, "kind")  # noqa: B009


@app.get("/lazily")
async def of_lazily() -> str:  #: endpoint blocks requests.get=error
    return lazily.title


@app.get("/send")
async def send() -> None:  #: endpoint unknown
    transport.send_all("x")
