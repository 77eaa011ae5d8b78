# The abstract class has two subclasses in the project; both await.
import asyncio
from abc import ABC, abstractmethod

import httpx
from fastapi import FastAPI

app = FastAPI()


class Notifier(ABC):
    @abstractmethod
    async def notify(self, text: str) -> None: ...


class Webhook(Notifier):
    def __init__(self, url: str) -> None:
        self.client = httpx.AsyncClient(base_url=url)

    async def notify(self, text: str) -> None:
        await self.client.post("/", json={"text": text})


class Slow(Notifier):
    async def notify(self, text: str) -> None:
        await asyncio.sleep(len(text))


def create(kind: str) -> Notifier:
    return Webhook("https://hooks.example.org") if kind == "webhook" else Slow()


@app.post("/notify/{kind}")
async def notify(kind: str, text: str) -> None:  #: endpoint POST /notify/{kind} clean
    await create(kind).notify(text)
