# Django's ORM under FastAPI: query sets only build, what evaluates them asks the database.
from asgiref.sync import sync_to_async
from django.db import models
from fastapi import FastAPI

app = FastAPI()


class Author(models.Model):
    name = models.CharField(max_length=80)
    age = models.IntegerField()


def adults():
    return Author.objects.filter(age__gte=18).exclude(name="").order_by("name")


@app.get("/first")
async def first():  #: endpoint GET /first blocks QuerySet.first=error
    return adults().first()


@app.get("/names")
async def names():  #: endpoint GET /names blocks QuerySet.__iter__=error
    return [author.name for author in adults()]


@app.post("/authors")
async def add(name: str):  #: endpoint POST /authors blocks Model.save=error
    author = Author(name=name)
    author.save()
    return author.name


@app.get("/async-first")
async def async_first():  #: endpoint GET /async-first clean
    return await adults().afirst()


@app.get("/async-names")
async def async_names():  #: endpoint GET /async-names clean
    return [author.name async for author in adults()]


@app.get("/offloaded")
async def offloaded():  #: endpoint GET /offloaded clean
    return await sync_to_async(adults().first)()


@app.get("/query")
async def query():  #: endpoint GET /query clean
    return str(adults().query)


@app.get("/page")
async def page(start: int):  #: endpoint GET /page clean
    return [author.name async for author in adults()[start : start + 10]]


@app.get("/count")
def count():  #: endpoint GET /count clean on thread
    return adults().count()
