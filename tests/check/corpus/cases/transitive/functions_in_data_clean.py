# Functions in dictionaries, tuples, partials, closures and arguments, none of which blocks.
import functools
import operator
from collections.abc import Callable

from fastapi import FastAPI

app = FastAPI()
OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "add": operator.add,
    "max": max,
    "power": lambda a, b: a**b,
}
STEPS = (str.strip, str.lower)
hundredfold = functools.partial(operator.mul, 100)


def compose(first: Callable[[str], str], second: Callable[[str], str]) -> Callable[[str], str]:
    def composed(text: str) -> str:
        return second(first(text))

    return composed


normal = compose(*STEPS)


@app.get("/calculate/{name}")
async def calculate(name: str, a: int, b: int) -> int:  #: endpoint GET /calculate/{name} clean
    return hundredfold(OPERATIONS[name](a, b))


@app.get("/normal/{text}")
async def read_normal(text: str) -> str:  #: endpoint GET /normal/{text} clean
    return normal(text)
