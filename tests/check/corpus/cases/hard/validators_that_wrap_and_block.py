# A validator that wraps and blocks itself, and one whose model does when it is done.
import time
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, model_serializer, model_validator

app = FastAPI()


class Item(BaseModel):
    count: int = 1

    @model_validator(mode="wrap")
    @classmethod
    def checked(cls, values: Any, handler: Any) -> Any:
        made = handler(values)
        made.look_up()
        return made

    def look_up(self) -> None:
        time.sleep(1)


class Report(BaseModel):
    count: int = 1

    @model_serializer(mode="wrap")
    def written(self, handler: Any) -> dict[str, Any]:
        time.sleep(1)
        return dict(handler(self))


@app.post("/items")
async def create(item: Item) -> None:  #: endpoint POST /items blocks time.sleep  #! CW102 error time.sleep
    item.count += 1


@app.get("/report")
async def report() -> dict[str, Any]:  #: endpoint GET /report blocks time.sleep
    return Report().model_dump()  #! CW102 error time.sleep
