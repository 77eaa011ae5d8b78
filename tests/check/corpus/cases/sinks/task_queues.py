# Sending to a broker waits for the network: Celery, pika, Kafka.
import pika
from celery import Celery
from fastapi import FastAPI
from kafka import KafkaProducer

app = FastAPI()
celery = Celery("worker", broker="amqp://localhost")
producer = KafkaProducer(bootstrap_servers="localhost")


@celery.task
def resize(name: str) -> None: ...


@app.post("/resize/{name}")
async def start(name: str) -> str:  #: endpoint POST /resize/{name} blocks Task.delay=error
    return resize.delay(name).id


@app.post("/later/{name}")
async def later(name: str) -> None:  #: endpoint POST /later/{name} blocks Task.apply_async=error
    resize.apply_async((name,), countdown=60)


@app.post("/publish")
async def publish(text: str) -> None:  #: endpoint POST /publish blocks pika.BlockingConnection=error …
    channel = pika.BlockingConnection(pika.ConnectionParameters("localhost")).channel()
    channel.basic_publish(exchange="", routing_key="jobs", body=text)


@app.post("/events")
async def event(text: str) -> None:  #: endpoint POST /events blocks KafkaProducer.flush=error …
    producer.send("events", text.encode())
    producer.flush()
