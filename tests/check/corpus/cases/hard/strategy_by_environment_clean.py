# Two implementations behind an abstract class, both harmless: one in memory, one async.
import os
from abc import ABC, abstractmethod

import aioboto3
from fastapi import FastAPI

app = FastAPI()


class Blobs(ABC):
    @abstractmethod
    async def put(self, key: str, data: bytes) -> None: ...


class MemoryBlobs(Blobs):
    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}

    async def put(self, key: str, data: bytes) -> None:
        self.blobs[key] = data


class CloudBlobs(Blobs):
    def __init__(self) -> None:
        self.session = aioboto3.Session()

    async def put(self, key: str, data: bytes) -> None:
        async with self.session.client("s3") as s3:
            await s3.put_object(Bucket="blobs", Key=key, Body=data)


def choose() -> Blobs:
    if os.environ.get("BLOBS") == "cloud":
        return CloudBlobs()
    return MemoryBlobs()


blobs = choose()


@app.put("/blobs/{key}")
async def put(key: str, text: str) -> None:  #: endpoint PUT /blobs/{key} clean
    await blobs.put(key, text.encode())
