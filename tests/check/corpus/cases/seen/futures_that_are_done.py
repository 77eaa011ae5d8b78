# The result of a future that is known to be done is there; of another one the loop waits.
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from fastapi import FastAPI
from kafka import KafkaProducer

app = FastAPI()
pool = ThreadPoolExecutor()
producer = KafkaProducer()


@app.get("/at-once")
async def at_once() -> Any:  #: endpoint GET /at-once blocks concurrent.futures.Future.result=error
    future = pool.submit(time.sleep, 1)
    return future.result()


@app.get("/another")
async def another() -> Any:  #: endpoint GET /another blocks concurrent.futures.Future.result=error
    first = pool.submit(time.sleep, 1)
    second = pool.submit(time.sleep, 2)
    if first.done():
        return second.result()
    return None


@app.get("/not-done")
async def not_done() -> Any:  #: endpoint GET /not-done blocks concurrent.futures.Future.result=error
    future = pool.submit(time.sleep, 1)
    if not future.done():
        return future.result()
    return None


@app.get("/flushed")
async def flushed() -> Any:  #: endpoint GET /flushed blocks kafka.KafkaProducer.send kafka.KafkaProducer.flush
    future = producer.send("events", b"x")
    producer.flush()
    return future.get(timeout=1)


@app.get("/sent")
async def sent() -> Any:  #: endpoint GET /sent blocks kafka.KafkaProducer.send FutureRecordMetadata.get=error
    return producer.send("events", b"x").get(timeout=1)
