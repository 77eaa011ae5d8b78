# An installed package that only computes, and one that awaits.
#: file .venv/lib/{python}/site-packages/slugs/__init__.py
import re
import unicodedata

_SEPARATOR = re.compile(r"[^a-z0-9]+")


def slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return _SEPARATOR.sub("-", plain.lower()).strip("-")
#: file .venv/lib/{python}/site-packages/slugs-4.0.dist-info/METADATA
#| Metadata-Version: 2.1
#| Name: slugs
#| Version: 4.0
#: file .venv/lib/{python}/site-packages/slugs-4.0.dist-info/RECORD
#| slugs/__init__.py,,
#| slugs-4.0.dist-info/METADATA,,
#| slugs-4.0.dist-info/RECORD,,
#: file .venv/lib/{python}/site-packages/geo/__init__.py
import asyncio


class Locator:
    def __init__(self, host: str) -> None:
        self.host = host

    async def locate(self, address: str) -> str:
        reader, writer = await asyncio.open_connection(self.host, 80)
        writer.write(address.encode())
        await writer.drain()
        return (await reader.read(100)).decode()
#: file .venv/lib/{python}/site-packages/geo-1.2.dist-info/METADATA
#| Metadata-Version: 2.1
#| Name: geo
#| Version: 1.2
#: file .venv/lib/{python}/site-packages/geo-1.2.dist-info/RECORD
#| geo/__init__.py,,
#| geo-1.2.dist-info/METADATA,,
#| geo-1.2.dist-info/RECORD,,
#: file main.py
from fastapi import FastAPI
from geo import Locator
from slugs import slug

app = FastAPI()
locator = Locator("geo.example.org")


@app.get("/slugs/{text}")
async def read_slug(text: str) -> str:  #: endpoint GET /slugs/{text} clean
    return slug(text)


@app.get("/places/{address}")
async def place(address: str) -> str:  #: endpoint GET /places/{address} clean
    return await locator.locate(address)
