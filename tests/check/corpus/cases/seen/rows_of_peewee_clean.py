# The same queries in a thread; on the loop the row is only read.
import asyncio

import peewee
from fastapi import FastAPI

app = FastAPI()


class Order(peewee.Model):
    name = peewee.CharField()

    def title(self) -> str:
        return f"Order {self.name}"


def find(name: str) -> Order:
    return Order.select().where(Order.name == name).first()


def save_all() -> None:
    for order in Order.select():
        order.save()


@app.get("/first")
async def first(name: str) -> str:  #: endpoint clean
    order = await asyncio.to_thread(find, name)
    if order:
        order.name = "x"
        return order.title()
    return ""


@app.get("/all")
async def every() -> None:  #: endpoint clean
    await asyncio.to_thread(save_all)


@app.get("/query")
async def query(name: str) -> bool:  #: endpoint clean
    return Order.select().where(Order.name == name) is not None
