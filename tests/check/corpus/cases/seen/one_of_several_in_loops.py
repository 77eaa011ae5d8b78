# One of several classes is one of several in a `for`, a `with` and an operator, too: an error only where all block.
import contextlib
import functools
import inspect
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator
from typing import Any, Callable

import httpx
from fastapi import FastAPI

app = FastAPI()


def with_twin(twin: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def decorator(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapper(*args: Any, in_thread: bool = False, **kwargs: Any) -> Any:
            if in_thread:
                return function(*args, **kwargs)
            return twin(*args, **kwargs)

        return wrapper

    return decorator


class Model(ABC):
    @abstractmethod
    def rows(self) -> Iterator[int]: ...

    @abstractmethod
    def stream(self) -> AsyncIterator[int]: ...

    @abstractmethod
    def opened(self) -> Any: ...

    @abstractmethod
    def search(self) -> str: ...

    def matching(self) -> str:
        return self.search()


class Fast(Model):
    def rows(self) -> Iterator[int]:
        yield 1

    async def stream(self) -> AsyncIterator[int]:
        yield 1

    @contextlib.contextmanager
    def opened(self) -> Iterator[None]:
        yield

    def search(self) -> str:
        with open("found.txt") as file:
            return file.read()

    def __len__(self) -> int:
        return 1

    async def aread(self) -> int:
        return 1

    @with_twin(aread)
    def read(self) -> int:
        return 1


class Slow(Model):
    def rows(self) -> Iterator[int]:
        time.sleep(1)
        yield 1

    async def stream(self) -> AsyncIterator[int]:
        time.sleep(1)
        yield 1

    @contextlib.contextmanager
    def opened(self) -> Iterator[None]:
        time.sleep(1)
        yield

    def search(self) -> str:
        return httpx.get("https://example.org").text

    def __len__(self) -> int:
        time.sleep(1)
        return 1

    async def aread(self) -> int:
        time.sleep(1)
        return 1

    @with_twin(aread)
    def read(self) -> int:
        return 1


def pick(kind: str) -> Fast | Slow:
    return Fast() if kind else Slow()


@app.get("/for")
async def by_for(kind: str) -> None:  #: endpoint GET /for blocks time.sleep=warning
    for _row in pick(kind).rows():
        pass


@app.get("/async-for")
async def by_async_for(kind: str) -> None:  #: endpoint GET /async-for blocks time.sleep=warning
    async for _row in pick(kind).stream():
        pass


@app.get("/list")
async def by_list(kind: str) -> list[int]:  #: endpoint GET /list blocks time.sleep=warning
    return list(pick(kind).rows())


@app.get("/with")
async def by_with(kind: str) -> None:  #: endpoint GET /with blocks time.sleep=warning
    with pick(kind).opened():
        pass


@app.get("/len")
async def by_len(kind: str) -> int:  #: endpoint GET /len blocks time.sleep=warning
    return len(pick(kind))


@app.get("/inherited")
async def inherited(kind: str) -> str:  #: endpoint GET /inherited blocks httpx.get=warning open=warning
    return pick(kind).matching()


@app.get("/kept")
async def kept_first(kind: str) -> Any:  #: endpoint GET /kept blocks time.sleep=warning
    made = pick(kind).read()
    if inspect.isawaitable(made):
        return await made
    return made


@app.get("/slow")
async def slow() -> list[int]:  #: endpoint GET /slow blocks time.sleep=error
    with Slow().opened():
        pass
    async for _row in Slow().stream():
        pass
    return [*Slow().rows(), len(Slow())]
