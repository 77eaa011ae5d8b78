# What the framework reads a body into and writes a response from runs the models' own code on the loop, for `def` too.
import time
from typing import Annotated

from fastapi import FastAPI
from pydantic import AfterValidator, BaseModel, Field, computed_field

app = FastAPI()


def known(name: str) -> str:
    time.sleep(1)
    return name


def short(name: str) -> str:
    return name[:8]


class Person(BaseModel):
    name: Annotated[str, AfterValidator(known)]


class Team(BaseModel):
    people: list[Person]


class Short(BaseModel):
    name: Annotated[str, AfterValidator(short)] = ""


class Total(BaseModel):
    number: int = 0

    @computed_field  # type: ignore[prop-decorator]
    @property
    def total(self) -> int:
        time.sleep(1)
        return 1


class Plain(BaseModel):
    number: int = 0

    @computed_field  # type: ignore[prop-decorator]
    @property
    def total(self) -> int:
        return self.number + 1


class Made(BaseModel):
    number: float = Field(default_factory=lambda: time.sleep(1) or 1.0)


@app.post("/person")
async def person(body: Person) -> int:  #: endpoint POST /person blocks time.sleep=error
    return len(body.name)


@app.post("/team")
def team(body: Team) -> int:  #: endpoint POST /team blocks time.sleep=error
    return len(body.people)


@app.get("/query")
async def query(name: Annotated[str, AfterValidator(known)]) -> str:  #: endpoint GET /query blocks time.sleep=error
    return name


@app.post("/short")
async def shorter(body: Short) -> str:  #: endpoint POST /short clean
    return body.name


@app.get("/total")
async def total() -> Total:  #: endpoint GET /total blocks time.sleep=error
    return Total()


@app.get("/totals", response_model=list[Total])
def totals():  #: endpoint GET /totals blocks time.sleep=error
    return []


@app.get("/plain")
async def plain() -> Plain:  #: endpoint GET /plain clean
    return Plain()


@app.get("/made")
async def made() -> int:  #: endpoint GET /made blocks time.sleep=error
    return int(Made().number)


@app.get("/given")
async def given() -> int:  #: endpoint GET /given clean
    return int(Made(number=1.0).number)


@app.get("/nested")
async def nested() -> int:  #: endpoint GET /nested blocks time.sleep=error
    return len(Team(people=[{"name": "a"}]).people)
