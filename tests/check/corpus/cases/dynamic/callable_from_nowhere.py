# A callback parameter of a function that only the outside calls.
#: unresolved
from collections.abc import Callable

from fastapi import FastAPI

app = FastAPI()
hooks: list[Callable[[str], None]] = []


def register(hook: Callable[[str], None]) -> None:
    hooks.append(hook)


@app.post("/events")
async def event(text: str) -> None:  #: endpoint POST /events unknown
    for hook in hooks:
        hook(text)
