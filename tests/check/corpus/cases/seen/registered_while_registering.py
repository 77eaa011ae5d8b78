# A component that registers another while it is registered itself: who asks for that one gets no `clean`.
import requests
from fastapi import FastAPI


class Orders:
    name = "orders"

    def start(self, system: "System") -> None:
        pass

    def create(self) -> int:
        return requests.post("https://orders/").status_code


class System:
    def __init__(self) -> None:
        self.components = {}

    def register(self, cls):
        made = cls()
        self.components[made.name] = made
        made.start(self)
        return made

    def get(self, name: str):
        return self.components.get(name)


class Shop:
    name = "shop"

    def start(self, system: System) -> None:
        set_up(system)


app = FastAPI()
system = None


def set_up(given: System) -> None:
    global system
    given.register(Orders)
    system = given


@app.get("/by-name")
async def by_name() -> int:  #: endpoint GET /by-name unknown
    return system.get("orders").create()


@app.get("/by-class")
async def by_class() -> int:  #: endpoint GET /by-class blocks requests.post=error
    orders = system.get("orders")
    if not isinstance(orders, Orders):
        raise TypeError(orders)
    return orders.create()


@app.get("/names")
async def names() -> list[str]:  #: endpoint GET /names clean
    return sorted(system.components)


System().register(Shop)
