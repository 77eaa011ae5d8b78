# Annotated with the base class, whose method is harmless; one of the project's subclasses blocks.
import pathlib
from abc import ABC, abstractmethod

from fastapi import Depends, FastAPI

app = FastAPI()


class Templates(ABC):
    @abstractmethod
    def load(self, name: str) -> str: ...


class BuiltIn(Templates):
    def load(self, name: str) -> str:
        return {"hello": "Hello, {name}!"}[name]


class OnDisk(Templates):
    def load(self, name: str) -> str:
        return (pathlib.Path("templates") / name).read_text()


def get_templates() -> Templates:  #: dependency clean on thread
    return OnDisk() if pathlib.PurePath("templates").name else BuiltIn()


@app.get("/greet/{name}")
async def greet(name: str, templates: Templates = Depends(get_templates)) -> str:  #: endpoint GET /greet/{name} blocks Path.read_text=warning
    return templates.load("hello").format(name=name)
