# Validators and serialisers that wrap are handed pydantic's own work, which runs no code that is not seen.
from typing import Annotated, Any

from fastapi import FastAPI
from pydantic import BaseModel, ModelWrapValidatorHandler, SerializerFunctionWrapHandler, WrapSerializer, WrapValidator
from pydantic import field_serializer, field_validator, model_serializer, model_validator

app = FastAPI()


def lenient(value: Any, nxt: Any) -> Any:
    try:
        return nxt(value)
    except ValueError:
        return 0


def plain(value: Any, nxt: Any, info: Any) -> Any:
    return str(nxt(value))


class Item(BaseModel):
    count: Annotated[int, WrapValidator(lenient), WrapSerializer(plain)] = 1
    name: str = ""

    @field_validator("name", mode="wrap")
    @classmethod
    def named(cls, value: Any, handler: Any) -> Any:
        return handler(value)

    @field_serializer("name", mode="wrap")
    def shown(self, value: Any, nxt: Any) -> Any:
        return nxt(value)

    @model_validator(mode="wrap")
    @classmethod
    def checked(cls, values: Any, handler: Any) -> Any:
        made = handler(values)
        made.touch()
        return made

    @model_serializer(mode="wrap")
    def written(self, handler: Any) -> dict[str, Any]:
        return dict(handler(self))

    def touch(self) -> None:
        self.count += 1


class Typed(BaseModel):
    count: int = 1

    @model_validator(mode="wrap")
    @classmethod
    def checked(cls, values: Any, handler: ModelWrapValidatorHandler["Typed"]) -> "Typed":
        return handler(values)

    @model_serializer(mode="wrap")
    def written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return handler(self)


@app.post("/items")
async def create(item: Item) -> dict[str, Any]:  #: endpoint POST /items clean
    return item.model_dump()


@app.post("/typed")
async def typed(item: Typed) -> dict[str, Any]:  #: endpoint POST /typed clean
    return item.model_dump()
