# A client class of an installed package: one method waits, one computes, one is offloaded by the service.
#: file .venv/lib/{python}/site-packages/paymate/__init__.py
from .client import Client as Client
#: file .venv/lib/{python}/site-packages/paymate/client.py
import http.client
import json


class _Base:
    def __init__(self, key: str) -> None:
        self.key = key

    def _call(self, path: str, body: dict) -> dict:
        connection = http.client.HTTPSConnection("api.paymate.example.org")
        connection.request("POST", path, json.dumps(body))
        return json.loads(connection.getresponse().read())


class Client(_Base):
    def charge(self, cents: int) -> dict:
        return self._call("/charges", {"amount": cents})

    def label(self, cents: int) -> str:
        return f"{cents / 100:.2f}"
#: file .venv/lib/{python}/site-packages/paymate-1.0.dist-info/METADATA
#| Metadata-Version: 2.1
#| Name: paymate
#| Version: 1.0
#: file .venv/lib/{python}/site-packages/paymate-1.0.dist-info/RECORD
#| paymate/__init__.py,,
#| paymate/client.py,,
#| paymate-1.0.dist-info/METADATA,,
#| paymate-1.0.dist-info/RECORD,,
#: file main.py
import asyncio

from fastapi import FastAPI
from paymate import Client

app = FastAPI()
client = Client("key")


@app.post("/charges")
async def charge(cents: int) -> dict:  #: endpoint POST /charges blocks
    return client.charge(cents)


@app.post("/charges/thread")
async def charge_in_thread(cents: int) -> dict:  #: endpoint POST /charges/thread clean
    return await asyncio.to_thread(client.charge, cents)


@app.get("/label")
async def label(cents: int) -> str:  #: endpoint GET /label clean
    return client.label(cents)
