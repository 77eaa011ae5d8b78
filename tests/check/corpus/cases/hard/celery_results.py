# Waiting for a worker's result.
from celery import Celery, group
from celery.result import AsyncResult
from fastapi import FastAPI

app = FastAPI()
celery = Celery("worker", broker="redis://localhost", backend="redis://localhost")


@celery.task
def add(a: int, b: int) -> int:
    return a + b


@app.get("/results/{key}")
async def result(key: str):  #: endpoint GET /results/{key} blocks AsyncResult.get=error
    return AsyncResult(key, app=celery).get(timeout=10)


@app.post("/sums")
async def total(a: int, b: int):  #: endpoint POST /sums blocks
    return add.delay(a, b).get()


@app.post("/local")
async def local(a: int, b: int) -> int:  #: endpoint POST /local clean
    return add(a, b)
