# A class as decorator: its `__call__` runs in place of the function.
import functools
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import FastAPI

app = FastAPI()


class OnDisk:
    def __init__(self, function: Callable[[str], str]) -> None:
        functools.update_wrapper(self, function)
        self.function = function

    def __call__(self, key: str) -> str:
        path = Path("cache", key)
        try:
            return path.read_text()
        except FileNotFoundError:
            text = self.function(key)
            path.write_text(text)
            return text


class Counted:
    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.calls = 0

    def __call__(self, *args: Any) -> Any:
        self.calls += 1
        logging.debug("call %d", self.calls)
        return self.function(*args)


@OnDisk
def render(key: str) -> str:
    return key.upper()


@Counted
def shout(key: str) -> str:
    return f"{key}!"


@app.get("/render/{key}")
async def read(key: str) -> str:  #: endpoint GET /render/{key} blocks Path.read_text=warning Path.write_text=warning
    return render(key)


@app.get("/shout/{key}")
async def loud(key: str) -> str:  #: endpoint GET /shout/{key} clean
    return shout(key)
