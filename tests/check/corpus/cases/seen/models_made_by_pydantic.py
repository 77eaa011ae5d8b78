# Pydantic's own constructors give objects of the class they are called on, and copies are of their class.
import time
from typing import Any, TypeVar

from fastapi import Depends, FastAPI
from pydantic import BaseModel, TypeAdapter

app = FastAPI()
T = TypeVar("T", bound=BaseModel)


class Account(BaseModel):
    name: str = ""

    def verify(self) -> bool:
        time.sleep(1)
        return True


class Row(BaseModel):
    name: str = ""

    def verify(self) -> bool:
        return bool(self.name)


def to_model(row: dict[str, Any], model: type[T]) -> T:
    return model.model_construct(**row)


async def fetch(model: type[T]) -> T:
    return to_model({"name": "a"}, model)


async def account() -> Account:  #: dependency clean
    return await fetch(Account)


@app.get("/validated")
async def validated() -> bool:  #: endpoint GET /validated blocks time.sleep=error
    return Account.model_validate({"name": "a"}).verify()


@app.get("/parsed")
async def parsed() -> bool:  #: endpoint GET /parsed blocks time.sleep=error
    return Account.model_validate_json('{"name": "a"}').verify()


@app.get("/old")
async def old() -> bool:  #: endpoint GET /old blocks time.sleep=error
    return Account.parse_obj({"name": "a"}).verify()


@app.get("/constructed")
async def constructed() -> bool:  #: endpoint GET /constructed blocks time.sleep=error
    return all([each.verify() for each in [Account.model_construct(name=name) for name in "ab"]])


@app.get("/copied")
async def copied() -> bool:  #: endpoint GET /copied blocks time.sleep=error
    return Account().model_copy(update={"name": "b"}).verify()


@app.get("/fetched")
async def fetched() -> bool:  #: endpoint GET /fetched blocks time.sleep=error
    return (await fetch(Account)).verify()


@app.get("/given")
async def given(account: Account = Depends(account)) -> bool:  #: endpoint GET /given blocks time.sleep=error
    return account.verify()


@app.get("/adapted")
async def adapted() -> bool:  #: endpoint GET /adapted blocks time.sleep=error
    return TypeAdapter(Account).validate_python({}).verify()


@app.get("/row")
async def row() -> bool:  #: endpoint GET /row clean
    return Row.model_validate({"name": "a"}).verify()


@app.get("/fetched-row")
async def fetched_row() -> bool:  #: endpoint GET /fetched-row clean
    return (await fetch(Row)).verify()


@app.get("/row-copied")
async def row_copied() -> bool:  #: endpoint GET /row-copied clean
    return Row().model_copy().verify()
