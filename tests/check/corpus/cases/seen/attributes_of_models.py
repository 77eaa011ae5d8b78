# What pydantic itself keeps of a model are sets and dictionaries; what `object.__setattr__` sets is known again.
import time
from typing import Any, Callable

from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Item(BaseModel):
    name: str = ""


class Shelf:
    def remove(self, name: str) -> None:
        time.sleep(1)

    def keys(self) -> list[str]:
        time.sleep(1)
        return []


class Held:
    def __init__(self, function: Callable[[], Any], other: Callable[[], Any]) -> None:
        object.__setattr__(self, "_function", function)
        setattr(self, "_other", other)

    def run(self) -> Any:
        return self._function()  # type: ignore[attr-defined]

    def run_other(self) -> Any:
        return self._other()  # type: ignore[attr-defined]


def wait() -> None:
    time.sleep(1)


def nothing() -> None:
    pass


held = Held(wait, nothing)


@app.post("/shelf")
async def shelf(item: Item) -> None:  #: endpoint POST /shelf blocks time.sleep=error
    Shelf().remove(item.name)


@app.post("/held")
async def set_by_object() -> None:  #: endpoint POST /held blocks time.sleep=error
    held.run()
