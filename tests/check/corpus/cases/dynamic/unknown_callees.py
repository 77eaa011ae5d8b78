# What is called is not known: it may block, and silence would look like safety.
import asyncio
import functools
import os
from collections.abc import Callable
from typing import Any

from fastapi import Depends, FastAPI, Request

app = FastAPI()
hook: Callable[[], int] | None = None
later = None


class Tools:
    def __init__(self) -> None:
        self.tools: dict[str, Any] = {}
        for name in os.environ.get("TOOLS", "").split():
            exec(name, self.tools)

    def __getitem__(self, name: str) -> Any:
        return self.tools[name]


app.state.tools = Tools()


def set_later(function: Any) -> None:
    global later
    later = function


@app.get("/registry")
async def registry(request: Request, name: str) -> Any:  #: endpoint GET /registry unknown
    tools: Tools = request.app.state.tools
    return await tools[name](1)


@app.get("/set-later")
async def by_global() -> Any:  #: endpoint GET /set-later unknown
    return later()


@app.get("/key")
async def by_key() -> Any:  #: endpoint GET /key unknown
    return sorted([2, 1], key=app.state.key)


@app.get("/mapped")
async def mapped() -> Any:  #: endpoint GET /mapped unknown
    return list(map(app.state.function, [1]))


@app.get("/reduced")
async def reduced() -> Any:  #: endpoint GET /reduced unknown
    return functools.reduce(app.state.function, [1, 2])


@app.get("/text")
async def text(code: str) -> Any:  #: endpoint GET /text unknown
    return eval(code)


def given() -> Any:  #: dependency clean
    return app.state.thing


@app.get("/verb")
async def verb(thing: Any = Depends(given)) -> Any:  #: endpoint GET /verb unknown
    return thing.fetch_rows()


@app.get("/known-key")
async def known_key() -> Any:  #: endpoint GET /known-key clean
    return sorted([2, 1], key=lambda number: -number)


@app.get("/data")
async def data(thing: Any = Depends(given)) -> Any:  #: endpoint GET /data clean
    thing.update(a=1)
    return thing.get("name"), thing.to_dict(), thing.encode()


@app.get("/together")
async def together(things: Any = Depends(given)) -> Any:  #: endpoint GET /together clean
    return await asyncio.gather(*(thing.send_text("x") for thing in things))


@app.get("/number")
async def number() -> int:  #: endpoint GET /number clean
    return eval("1 + 1") + len("text")
