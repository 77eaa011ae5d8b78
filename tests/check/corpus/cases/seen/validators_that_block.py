# Validators of a model run on the loop, where a request's body is read and where code makes the model.
import time

from fastapi import FastAPI
from pydantic import BaseModel, field_validator, model_validator

app = FastAPI()


class Whole(BaseModel):
    number: int = 0

    @model_validator(mode="after")
    def whole(self) -> "Whole":
        time.sleep(1)
        return self


class Part(BaseModel):
    name: str = ""

    @field_validator("name")
    @classmethod
    def exists(cls, value: str) -> str:
        time.sleep(1)
        return value


class Quick(BaseModel):
    name: str = ""

    @field_validator("name")
    @classmethod
    def stripped(cls, value: str) -> str:
        return value.strip()


@app.post("/whole")
async def whole(body: Whole) -> int:  #: endpoint POST /whole blocks time.sleep=error
    return body.number


@app.post("/part")
async def part(body: Part) -> str:  #: endpoint POST /part blocks time.sleep=error
    return body.name


@app.get("/made")
async def made() -> int:  #: endpoint GET /made blocks time.sleep=error
    return Whole(number=1).number


@app.post("/quick")
async def quick(body: Quick) -> str:  #: endpoint POST /quick clean
    return body.name


@app.get("/made-quick")
async def made_quick() -> str:  #: endpoint GET /made-quick clean
    return Quick(name="a").name
