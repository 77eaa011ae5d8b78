# A decorator that has a wrapper for each kind of function uses the one for this kind.
import functools
import inspect
import time
from collections.abc import AsyncIterator
from typing import Any, Callable

from fastapi import FastAPI

app = FastAPI()


class Instrument:
    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        is_coroutine = inspect.iscoroutinefunction(function)
        is_stream = inspect.isasyncgenfunction(function)
        if is_stream:

            @functools.wraps(function)
            async def streamed(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
                time.sleep(1)
                async for one in function(*args, **kwargs):
                    yield one

            return streamed
        if is_coroutine:

            @functools.wraps(function)
            async def awaited(*args: Any, **kwargs: Any) -> Any:
                return await function(*args, **kwargs)

            return awaited

        @functools.wraps(function)
        def called(*args: Any, **kwargs: Any) -> Any:
            time.sleep(2)
            return function(*args, **kwargs)

        return called


class Service:
    @Instrument("awaited")
    async def fetch(self) -> int:
        return 1

    @Instrument("called")
    def read(self) -> int:
        return 1

    @Instrument("streamed")
    async def stream(self) -> AsyncIterator[int]:
        yield 1


service = Service()


@app.get("/fetch")
@Instrument("endpoint")
async def fetch() -> int:  #: endpoint GET /fetch clean
    return await service.fetch()


@app.get("/read")
async def read() -> int:  #: endpoint GET /read blocks time.sleep=error
    return service.read()


@app.get("/stream")
async def stream() -> list[int]:  #: endpoint GET /stream blocks time.sleep=error
    return [one async for one in service.stream()]
