# An object whose `__getattr__` gives others of its kind is called: special methods are not found that way.
from fastapi import FastAPI

app = FastAPI()


class Path:
    def __init__(self, parts: tuple[str, ...] = ()) -> None:
        self.parts = parts

    def __getattr__(self, name: str) -> "Path":
        return Path((*self.parts, name))


class Proxy:
    def __init__(self, target=None) -> None:
        self.__call__ = Proxy(self)


@app.get("/path")
async def path():  #: endpoint GET /path clean|unknown
    return Path().users.all("x")


@app.get("/proxy")
async def proxy():  #: endpoint GET /proxy clean|unknown
    return Proxy()("x")
