# Handlers enter the registry by a decorator of the project.
import time
from collections.abc import Callable

from fastapi import FastAPI

app = FastAPI()
HANDLERS: dict[str, Callable[[str], str]] = {}


def handles(event: str) -> Callable[[Callable[[str], str]], Callable[[str], str]]:
    def register(function: Callable[[str], str]) -> Callable[[str], str]:
        HANDLERS[event] = function
        return function

    return register


@handles("created")
def created(name: str) -> str:
    return f"created {name}"


@handles("deleted")
def deleted(name: str) -> str:
    time.sleep(0.5)
    return f"deleted {name}"


@app.post("/events/{event}")
async def receive(event: str, name: str) -> str:  #: endpoint POST /events/{event} blocks time.sleep=error
    return HANDLERS[event](name)
