# Decorators of the project's own that make routes: method and path come from their callers.
import time
from typing import Any, Callable

from fastapi import APIRouter, FastAPI

app = FastAPI()


class Endpoint:
    def _wrap(self, method: str, path: str, **kwargs: Any) -> Callable[[Callable[..., Any]], APIRouter]:
        def decorator(function: Callable[..., Any]) -> APIRouter:
            prefix = kwargs.pop("prefix", "")
            full_path = f"{prefix}{path}"
            router = APIRouter()
            router.add_api_route(path=full_path, endpoint=function, methods=[method.upper()], **kwargs)
            return router

        return decorator

    def get(self, path: str, **kwargs: Any) -> Callable[[Callable[..., Any]], APIRouter]:
        return self._wrap("get", path, **kwargs)

    def post(self, path: str, **kwargs: Any) -> Callable[[Callable[..., Any]], APIRouter]:
        return self._wrap("post", path, **kwargs)


endpoint = Endpoint()


@endpoint.post("/slow")
async def slow() -> None:  #: endpoint POST /slow blocks time.sleep=error
    time.sleep(1)


@endpoint.get("/fast", prefix="/api")
async def fast() -> None:  #: endpoint GET /api/fast clean
    pass


app.include_router(slow)
app.include_router(fast)
