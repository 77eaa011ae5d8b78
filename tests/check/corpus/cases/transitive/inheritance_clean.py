# Three generations with `super()`, a mixin and an abstract method, all in memory.
from abc import ABC, abstractmethod

from fastapi import FastAPI

app = FastAPI()


class Shape(ABC):
    def __init__(self, name: str) -> None:
        self.name = name

    @abstractmethod
    def area(self) -> float: ...

    def describe(self) -> str:
        return f"{self.name}: {self.area():.1f}"


class Upper:
    def describe(self) -> str:
        return super().describe().upper()


class Rectangle(Shape):
    def __init__(self, a: float, b: float) -> None:
        super().__init__("rectangle")
        self.a, self.b = a, b

    def area(self) -> float:
        return self.a * self.b


class Square(Upper, Rectangle):
    def __init__(self, a: float) -> None:
        super().__init__(a, a)


@app.get("/square/{a}")
async def square(a: float) -> str:  #: endpoint GET /square/{a} clean
    shape: Shape = Square(a)
    return shape.describe()
