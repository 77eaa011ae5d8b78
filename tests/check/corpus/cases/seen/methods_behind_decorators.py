# Several decorators on methods that an object registers itself: each method is a root of its own, not their wrapper.
import time
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from fastapi import APIRouter, FastAPI

Handler = Callable[..., Awaitable[Any]]


def logged(verbose: bool = True) -> Callable[[Handler], Handler]:
    def decorator(function: Handler) -> Handler:
        @wraps(function)
        async def wrapper(*args: Any, **kwargs: Any) -> Any:
            return await function(*args, **kwargs)

        return wrapper

    return decorator


def guarded(default: Any = None) -> Callable[[Handler], Handler]:
    def decorator(function: Handler) -> Handler:
        @wraps(function)
        async def wrapper(*args: Any, **kwargs: Any) -> Any:
            try:
                return await function(*args, **kwargs)
            except ValueError:
                return default

        return wrapper

    return decorator


class Reports:
    def __init__(self) -> None:
        self.router = APIRouter()
        self.router.add_api_route("/slow", self.slow, methods=["GET"])
        self.router.add_api_route("/quick", self.quick, methods=["GET"])
        self.router.add_api_route("/deep", self.deep, methods=["GET"])

    @logged()
    @guarded()
    async def slow(self) -> None:  #: endpoint GET /slow blocks time.sleep=error
        time.sleep(3)

    @logged()
    @guarded()
    async def quick(self) -> int:  #: endpoint GET /quick clean
        return 1

    @logged()
    @guarded(default=1)
    @logged(verbose=False)
    async def deep(self) -> None:  #: endpoint GET /deep blocks time.sleep=error
        time.sleep(3)


app = FastAPI()
app.include_router(Reports().router)
