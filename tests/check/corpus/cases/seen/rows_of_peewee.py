# What peewee's queries find are rows: a test of one asks the database nothing, saving it does.
import peewee
from fastapi import FastAPI

app = FastAPI()


class Order(peewee.Model):
    name = peewee.CharField()

    def rename(self, name: str) -> None:
        self.name = name
        self.save()


def find(name: str) -> Order:
    return Order.select().where(Order.name == name).first()


@app.get("/first")
async def first(name: str) -> bool:  #: endpoint blocks peewee.ModelSelect.first=error
    order = Order.select().where(Order.name == name).first()
    if order:
        return True
    return False


@app.get("/renamed")
async def renamed(name: str) -> None:  #: endpoint blocks peewee.ModelSelect.first=error peewee.Model.save=error
    order = Order.select().where(Order.name == name).first()
    if order:
        order.name = "x"
        order.save()


@app.get("/found")
async def found(name: str) -> None:  #: endpoint blocks peewee.ModelSelect.first=error peewee.Model.save=error
    order = find(name)
    if order:
        order.rename("x")


@app.get("/none")
async def or_none(name: str) -> None:  #: endpoint blocks peewee.Model.get_or_none=error peewee.Model.save=error
    order = Order.get_or_none(Order.name == name)
    if order:
        order.save()


@app.get("/made")
async def made() -> None:  #: endpoint blocks peewee.Model.get_or_create=error peewee.Model.save=error
    order, _new = Order.get_or_create(name="x")
    order.rename("y")


@app.get("/all")
async def every() -> None:  #: endpoint blocks peewee.ModelSelect.__iter__=error peewee.Model.save=error
    for order in Order.select():
        order.save()


@app.get("/count")
async def count() -> bool:  #: endpoint blocks peewee.ModelSelect.count=error
    number = Order.select().count()
    return bool(number) and not number
