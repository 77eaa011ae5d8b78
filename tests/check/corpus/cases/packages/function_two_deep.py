# An installed package blocks two calls below the function that the service uses.
#: file .venv/lib/{python}/site-packages/acme_sdk/__init__.py
from acme_sdk.api import fetch, version

__all__ = ["fetch", "version"]
#: file .venv/lib/{python}/site-packages/acme_sdk/api.py
from acme_sdk._transport import send

VERSION = "2.1"


def fetch(key: str) -> str:
    return send("GET", f"/{key}")


def version() -> str:
    return VERSION
#: file .venv/lib/{python}/site-packages/acme_sdk/_transport.py
import socket


def send(method: str, path: str) -> str:
    with socket.create_connection(("acme.example.org", 80)) as connection:
        connection.sendall(f"{method} {path} HTTP/1.0\r\n\r\n".encode())
        return connection.recv(4096).decode()
#: file .venv/lib/{python}/site-packages/acme_sdk-2.1.dist-info/METADATA
#| Metadata-Version: 2.1
#| Name: acme-sdk
#| Version: 2.1
#: file .venv/lib/{python}/site-packages/acme_sdk-2.1.dist-info/RECORD
#| acme_sdk/__init__.py,,
#| acme_sdk/api.py,,
#| acme_sdk/_transport.py,,
#| acme_sdk-2.1.dist-info/METADATA,,
#| acme_sdk-2.1.dist-info/RECORD,,
#: file main.py
import acme_sdk
from fastapi import FastAPI

app = FastAPI()


@app.get("/keys/{key}")
async def read(key: str) -> str:  #: endpoint GET /keys/{key} blocks socket.create_connection|acme_sdk.fetch|acme_sdk.api.fetch …
    return acme_sdk.fetch(key)


@app.get("/version")
async def version() -> str:  #: endpoint GET /version clean
    return acme_sdk.version()
