# aio-pika and aiokafka.
import aio_pika
from aiokafka import AIOKafkaProducer
from fastapi import FastAPI

app = FastAPI()


@app.post("/publish")
async def publish(text: str) -> None:  #: endpoint POST /publish clean
    connection = await aio_pika.connect_robust("amqp://localhost")
    async with connection:
        channel = await connection.channel()
        await channel.default_exchange.publish(aio_pika.Message(text.encode()), routing_key="jobs")


@app.post("/events")
async def event(text: str) -> None:  #: endpoint POST /events clean
    producer = AIOKafkaProducer(bootstrap_servers="localhost")
    await producer.start()
    try:
        await producer.send_and_wait("events", text.encode())
    finally:
        await producer.stop()
