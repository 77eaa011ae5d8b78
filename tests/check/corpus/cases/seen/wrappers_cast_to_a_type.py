# A decorator hands its wrapper through `cast`: the endpoint is the function all the same.
import functools
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

from fastapi import APIRouter, FastAPI

T = TypeVar("T", bound=Callable[..., Any])


def bound(*scopes: str) -> Callable[[T], T]:
    def decorator(function: T) -> T:
        @functools.wraps(function)
        async def wrapper(*args: Any, **kwargs: Any) -> Any:
            return await function(*args, **kwargs)

        return cast(T, wrapper)

    return decorator


def plain(*scopes: str) -> Callable[..., Any]:
    def decorator(function: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
        @functools.wraps(function)
        async def wrapper(*args: Any, **kwargs: Any) -> Any:
            return await function(*args, **kwargs)

        return cast(Callable[..., Any], wrapper)

    return decorator


def quoted(function: T) -> T:
    @functools.wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        return await function(*args, **kwargs)

    return cast("T", wrapper)


router = APIRouter()


@router.get("/bound")
@bound("read")
async def by_bound() -> None:  #: endpoint GET /bound blocks time.sleep=error
    time.sleep(3)


@router.get("/plain")
@plain("read")
async def by_plain() -> None:  #: endpoint GET /plain blocks time.sleep=error
    time.sleep(3)


@router.get("/quoted")
@quoted
async def by_quoted() -> None:  #: endpoint GET /quoted blocks time.sleep=error
    time.sleep(3)


app = FastAPI()
app.include_router(router)
