# The endpoint is harmless; the decorator of the project audits each call to a file.
import functools
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI

app = FastAPI()


def audited(function: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    @functools.wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        with open("/var/log/audit.log", "a") as log:
            log.write(f"{function.__name__}\n")
        return await function(*args, **kwargs)

    return wrapper


@app.delete("/items/{item_id}")
@audited
async def delete_item(item_id: int) -> None:  #: endpoint DELETE /items/{item_id} blocks open=warning …
    return None


@app.get("/items/{item_id}")
async def get_item(item_id: int) -> int:  #: endpoint GET /items/{item_id} clean
    return item_id
