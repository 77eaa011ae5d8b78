# The implementation is chosen by a match over the environment; the interface is abstract, in another package.
#: file core/__init__.py
#: file core/ports.py
from abc import ABC, abstractmethod


class Blobs(ABC):
    @abstractmethod
    def put(self, key: str, data: bytes) -> None: ...

    @abstractmethod
    def url(self, key: str) -> str: ...
#: file adapters/__init__.py
#: file adapters/disk.py
from pathlib import Path

from core.ports import Blobs


class DiskBlobs(Blobs):
    def put(self, key: str, data: bytes) -> None:
        Path("blobs", key).write_bytes(data)

    def url(self, key: str) -> str:
        return f"file:///blobs/{key}"
#: file adapters/cloud.py
from google.cloud import storage

from core.ports import Blobs


class CloudBlobs(Blobs):
    def __init__(self) -> None:
        self.bucket = storage.Client().bucket("blobs")

    def put(self, key: str, data: bytes) -> None:
        self.bucket.blob(key).upload_from_string(data)

    def url(self, key: str) -> str:
        return f"gs://blobs/{key}"
#: file service/__init__.py
#: file service/main.py
import os

from adapters.cloud import CloudBlobs
from adapters.disk import DiskBlobs
from core.ports import Blobs
from fastapi import FastAPI

app = FastAPI()


def choose() -> Blobs:
    match os.environ.get("BLOBS", "disk"):
        case "cloud":
            return CloudBlobs()
        case _:
            return DiskBlobs()


blobs = choose()


@app.put("/blobs/{key}")
async def put(key: str, text: str) -> None:  #: endpoint PUT /blobs/{key} blocks Path.write_bytes=warning Blob.upload_from_string=warning
    blobs.put(key, text.encode())


@app.get("/blobs/{key}/url")
async def url(key: str) -> str:  #: endpoint GET /blobs/{key}/url clean
    return blobs.url(key)
