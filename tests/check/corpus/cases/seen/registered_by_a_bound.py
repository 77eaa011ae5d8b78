# An object that went through a parameter annotated with a type variable is, behind `isinstance`, of the class asked for.
from typing import TypeVar

import requests
from fastapi import Depends, FastAPI

T = TypeVar("T", bound="Component")


class Component:
    name = "component"

    def start(self, system: "System") -> None:
        pass


class System:
    def __init__(self) -> None:
        self.components = {}

    def register(self, component: type[T]) -> T:
        made = component()
        self.keep(made)
        return made

    def keep(self, made: T) -> T:
        name = made.name
        self.components[name] = made
        made.start(self)
        return made

    def get(self, name: str, kind: type):
        component = self.components.get(name)
        if not component:
            raise ValueError(name)
        if not isinstance(component, kind):
            raise TypeError(name)
        return component


class Table:
    def insert(self, number: int) -> int:
        return requests.post("https://table/", json=number).status_code


class Orders(Component):
    name = "orders"

    def __init__(self) -> None:
        self._table: Table | None = None

    def start(self, system: System) -> None:
        self._table = self._table or Table()

    @property
    def table(self) -> Table:
        return self._table

    def create(self, number: int) -> int:
        return self.table.insert(number)


class Plugin:
    # Somebody else puts something in its place; nothing here says what.
    backend = None

    def create(self, number: int) -> int:
        return self.backend.insert(number)


app = FastAPI()
system = None


def get_orders():  #: dependency clean
    return system.get("orders", Orders)


def get_plugin() -> Plugin:  #: dependency clean
    return Plugin()


@app.post("/orders")
async def post_order(number: int, orders=Depends(get_orders)) -> int:  #: endpoint POST /orders blocks requests.post=error
    return orders.create(number)


@app.post("/plugin")
async def post_to_plugin(number: int, plugin=Depends(get_plugin)) -> int:  #: endpoint POST /plugin unknown
    return plugin.create(number)


def set_up(given: System) -> None:
    global system
    given.register(Orders)
    system = given


set_up(System())
