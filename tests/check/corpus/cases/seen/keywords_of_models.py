# `f(**model.model_dump())` gives the model's fields and no other keyword: what no field names keeps its default.
import dataclasses
import time
from typing import Optional, TypedDict

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict

app = FastAPI()


class Update(BaseModel):
    name: str
    email: Optional[str] = None


class Registration(Update):
    password: Optional[str] = None


class Anything(BaseModel):
    model_config = ConfigDict(extra="allow")

    name: str


@dataclasses.dataclass
class Row:
    name: str


class Given(TypedDict):
    name: str


def save(
    name: Optional[str] = None, email: Optional[str] = None, password: Optional[str] = None, wait: bool = False
) -> None:
    if password is not None:
        time.sleep(3)
    if wait:
        time.sleep(3)


class User:
    def __init__(self, name: str, email: Optional[str] = None, password: Optional[str] = None) -> None:
        if password:
            time.sleep(3)


@app.post("/register")
async def register(data: Registration) -> None:  #: endpoint POST /register blocks time.sleep=error
    save(**data.model_dump())


@app.post("/also")
async def given_besides(data: Update) -> None:  #: endpoint POST /also blocks time.sleep=error
    save(**data.model_dump(), wait=True)


@app.post("/anything")
async def anything(data: Anything) -> None:  #: endpoint POST /anything blocks time.sleep=error
    save(**data.model_dump())


def save_any(data: Update) -> None:
    save(**data.model_dump())


@app.post("/derived")
async def derived(data: Registration) -> None:  #: endpoint POST /derived blocks time.sleep=error
    save_any(data)


@app.post("/put")
async def put_into_it(data: Update) -> None:  #: endpoint POST /put blocks time.sleep=error
    values = data.model_dump()
    values["password"] = "secret"
    save(**values)


@app.post("/merged-more")
async def merged_with_more(data: Update) -> None:  #: endpoint POST /merged-more blocks time.sleep=error
    save(**(data.model_dump() | {"password": "secret"}))


@app.post("/object-with")
async def an_object_with(data: Registration) -> None:  #: endpoint POST /object-with blocks time.sleep=error
    User(**data.model_dump())


@app.post("/unknown")
async def unknown(data: dict[str, str]) -> None:  #: endpoint POST /unknown blocks time.sleep=error
    save(**data)
