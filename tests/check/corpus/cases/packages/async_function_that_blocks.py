# An `async def` of an installed package blocks inside, and is awaited in good faith.
#: file .venv/lib/{python}/site-packages/fakeasync/__init__.py
import urllib.request


async def get(url: str) -> bytes:
    with urllib.request.urlopen(url) as answer:
        return answer.read()
#: file .venv/lib/{python}/site-packages/fakeasync-1.0.dist-info/METADATA
#| Metadata-Version: 2.1
#| Name: fakeasync
#| Version: 1.0
#: file .venv/lib/{python}/site-packages/fakeasync-1.0.dist-info/RECORD
#| fakeasync/__init__.py,,
#| fakeasync-1.0.dist-info/METADATA,,
#| fakeasync-1.0.dist-info/RECORD,,
#: file main.py
import fakeasync
from fastapi import FastAPI

app = FastAPI()


@app.get("/page")
async def page(url: str) -> int:  #: endpoint GET /page blocks
    return len(await fakeasync.get(url))
