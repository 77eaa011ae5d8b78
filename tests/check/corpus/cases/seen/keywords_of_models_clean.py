# Keywords that come from a model that has no such field: what no field names keeps its default.
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


@app.post("/update")
async def update(data: Update) -> None:  #: endpoint POST /update clean
    save(**data.model_dump(exclude_unset=True))


@app.post("/old")
async def old(data: Update) -> None:  #: endpoint POST /old clean
    save(**data.dict())


@app.post("/excluded")
async def excluded(data: Registration) -> None:  #: endpoint POST /excluded clean
    save(**data.model_dump(exclude={"password"}))


@app.post("/included")
async def included(data: Registration) -> None:  #: endpoint POST /included clean
    save(**data.model_dump(include={"name", "email"}))


def save_any(data: Update) -> None:
    save(**data.model_dump())


@app.post("/local")
async def by_a_name(data: Update) -> None:  #: endpoint POST /local clean
    values = data.model_dump()
    values.pop("email")
    values["email"] = "someone@example.org"
    save(**values)


@app.post("/merged")
async def merged(data: Update) -> None:  #: endpoint POST /merged clean
    save(**{**data.model_dump(), "email": None})


@app.post("/row")
async def of_a_dataclass(name: str) -> None:  #: endpoint POST /row clean
    save(**dataclasses.asdict(Row(name)))
    save(**vars(Row(name)))


@app.post("/typed")
async def of_a_typed_dictionary(name: str) -> None:  #: endpoint POST /typed clean
    values: Given = {"name": name}
    save(**values)


@app.post("/object")
async def an_object(data: Update) -> None:  #: endpoint POST /object clean
    User(**data.model_dump())
