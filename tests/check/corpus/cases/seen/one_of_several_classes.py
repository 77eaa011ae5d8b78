# Which of two classes an object is of is decided elsewhere, and it is iterated, entered or measured.
# That one of them blocks there is as possible as where its method is called. Where both block, the milder of the two is
# what is certain.
import inspect
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import wraps

import httpx
from fastapi import FastAPI

app = FastAPI()


def dispatch(async_form: Callable) -> Callable:
    def decorator(function: Callable) -> Callable:
        @wraps(function)
        def wrapper(*args, _sync: bool | None = None, **kwargs):
            if _sync is True:
                return function(*args, **kwargs)
            return async_form(*args, **kwargs)

        return wrapper

    return decorator


class Model(ABC):
    @abstractmethod
    def rows(self) -> Iterator[int]: ...

    @abstractmethod
    def stream(self) -> AsyncIterator[int]: ...

    @abstractmethod
    def lock(self): ...

    @abstractmethod
    def session(self): ...

    @abstractmethod
    def read(self): ...

    @abstractmethod
    def search(self) -> list[str]: ...

    @abstractmethod
    def every(self) -> Iterator[int]: ...

    def matching(self) -> list[str]:
        return list(self.search())


class Local(Model):
    def rows(self) -> Iterator[int]:
        yield 1

    async def stream(self) -> AsyncIterator[int]:
        yield 1

    @contextmanager
    def lock(self) -> Iterator[None]:
        yield

    @asynccontextmanager
    async def session(self) -> AsyncIterator[None]:
        yield

    async def aread(self) -> int:
        return 1

    @dispatch(aread)
    def read(self) -> int:
        return 1

    def search(self) -> list[str]:
        with open("found.txt") as file:
            return file.read().split()

    def every(self) -> Iterator[int]:
        time.sleep(2)
        yield 1

    def __len__(self) -> int:
        return 1

    def __iter__(self) -> Iterator[int]:
        return iter((1, 2))

    def __contains__(self, item: int) -> bool:
        return item == 1


class Remote(Model):
    def rows(self) -> Iterator[int]:
        time.sleep(1)
        yield 2

    async def stream(self) -> AsyncIterator[int]:
        time.sleep(1)
        yield 2

    @contextmanager
    def lock(self) -> Iterator[None]:
        time.sleep(1)
        yield

    @asynccontextmanager
    async def session(self) -> AsyncIterator[None]:
        time.sleep(1)
        yield

    async def aread(self) -> int:
        time.sleep(1)
        return 2

    @dispatch(aread)
    def read(self) -> int:
        return 2

    def search(self) -> list[str]:
        return httpx.get("https://example.com/search").json()

    def every(self) -> Iterator[int]:
        time.sleep(1)
        yield 2

    def __len__(self) -> int:
        time.sleep(1)
        return 2

    def __iter__(self) -> Iterator[int]:
        time.sleep(1)
        return iter((1, 2))

    def __contains__(self, item: int) -> bool:
        time.sleep(1)
        return item == 2


class Agent:
    def __init__(self, model: Model) -> None:
        self.model = model

    async def told(self) -> list[int]:
        return [row async for row in self.model.stream()]


def model(kind: str) -> Model:
    return Local() if kind == "local" else Remote()


@app.get("/rows/{kind}")
async def rows(kind: str) -> list[int]:  #: endpoint GET /rows/{kind} blocks time.sleep=warning
    return list(model(kind).rows())


@app.get("/looped/{kind}")
async def looped(kind: str) -> int:  #: endpoint GET /looped/{kind} blocks time.sleep=warning
    total = 0
    for row in model(kind).rows():
        total += row
    return total


@app.get("/stream/{kind}")
async def stream(kind: str) -> list[int]:  #: endpoint GET /stream/{kind} blocks time.sleep=warning
    return await Agent(model(kind)).told()


@app.get("/lock/{kind}")
async def lock(kind: str) -> str:  #: endpoint GET /lock/{kind} blocks time.sleep=warning
    with model(kind).lock():
        return "held"


@app.get("/session/{kind}")
async def session(kind: str) -> str:  #: endpoint GET /session/{kind} blocks time.sleep=warning
    async with model(kind).session():
        return "open"


@app.get("/length/{kind}")
async def length(kind: str) -> int:  #: endpoint GET /length/{kind} blocks time.sleep=warning
    return len(model(kind))


@app.get("/items/{kind}")
async def items(kind: str) -> list[int]:  #: endpoint GET /items/{kind} blocks time.sleep=warning
    return [item for item in model(kind)]


@app.get("/holds/{kind}")
async def holds(kind: str, item: int) -> bool:  #: endpoint GET /holds/{kind} blocks time.sleep=warning
    return item in model(kind)


@app.get("/read/{kind}")
async def read(kind: str) -> int:  #: endpoint GET /read/{kind} blocks time.sleep=warning
    found = model(kind).read()
    if inspect.isawaitable(found):
        return await found
    return found


@app.get("/matching/{kind}")
async def matching(kind: str) -> list[str]:  #: endpoint GET /matching/{kind} blocks open=warning httpx.get=warning
    return model(kind).matching()


@app.get("/every/{kind}")
async def every(kind: str) -> list[int]:  #: endpoint GET /every/{kind} blocks time.sleep=error
    return list(model(kind).every())


@app.get("/remote")
async def remote() -> list[int]:  #: endpoint GET /remote blocks time.sleep=error
    with Remote().lock():
        return [row async for row in Remote().stream()]
