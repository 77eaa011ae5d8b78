# The project's own modules and functions bear the names of sinks.
#: file app/__init__.py
#: file app/requests.py
def get(key: str) -> str:
    return key.upper()


def post(key: str, value: str) -> str:
    return f"{key}={value}"
#: file app/time.py
import asyncio


async def sleep(seconds: float) -> None:
    await asyncio.sleep(seconds)
#: file app/main.py
from fastapi import FastAPI

from app import requests
from app.time import sleep

app = FastAPI()


def open(name: str) -> str:
    return f"opened {name}"


def input(prompt: str) -> str:
    return prompt


@app.get("/get/{key}")
async def read(key: str) -> str:  #: endpoint GET /get/{key} clean
    return requests.get(key) + requests.post(key, "1")


@app.get("/sleep")
async def nap() -> str:  #: endpoint GET /sleep clean
    await sleep(1)
    return open("door") + input("sure?")
