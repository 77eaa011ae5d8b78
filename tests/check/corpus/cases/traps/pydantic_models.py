# Validators, computed fields and serialisers run on the loop and only compute.
from datetime import date
from typing import Annotated, Any

from fastapi import Body, FastAPI
from pydantic import AfterValidator, BaseModel, ConfigDict, computed_field, field_serializer, model_validator

app = FastAPI()


def positive(value: int) -> int:
    if value <= 0:
        raise ValueError("must be positive")
    return value


class Line(BaseModel):
    model_config = ConfigDict(frozen=True)
    price: Annotated[int, AfterValidator(positive)]
    count: int = 1

    @computed_field
    @property
    def total(self) -> int:
        return self.price * self.count


class Order(BaseModel):
    day: date
    lines: list[Line]

    @model_validator(mode="before")
    @classmethod
    def accept_single(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("lines"), dict):
            data["lines"] = [data["lines"]]
        return data

    @field_serializer("day")
    def shown(self, day: date) -> str:
        return day.isoformat()


@app.post("/orders", response_model_exclude_unset=True)
async def order(order: Annotated[Order, Body(embed=True)]) -> Order:  #: endpoint POST /orders clean
    return Order.model_validate(order.model_dump())


@app.post("/total")
async def total(order: Order) -> int:  #: endpoint POST /total clean
    return sum(line.total for line in order.lines)
