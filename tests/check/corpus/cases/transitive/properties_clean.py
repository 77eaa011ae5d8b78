# Properties, setters and cached ones that only compute.
from dataclasses import dataclass, field
from functools import cached_property

from fastapi import FastAPI

app = FastAPI()


@dataclass
class Basket:
    prices: list[int] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(self.prices)

    @cached_property
    def average(self) -> float:
        return self.total / max(len(self.prices), 1)


@app.post("/baskets")
async def basket(prices: list[int]) -> dict[str, float]:  #: endpoint POST /baskets clean
    full = Basket(prices)
    return {"total": full.total, "average": full.average}
