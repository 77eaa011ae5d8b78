# An installed package whose function offloads what it is given.
#: file .venv/lib/{python}/site-packages/workers/__init__.py
import asyncio
from concurrent.futures import ThreadPoolExecutor

_pool = ThreadPoolExecutor()


async def run(function, *args):
    return await asyncio.get_running_loop().run_in_executor(_pool, function, *args)
#: file .venv/lib/{python}/site-packages/workers-0.9.dist-info/METADATA
#| Metadata-Version: 2.1
#| Name: workers
#| Version: 0.9
#: file .venv/lib/{python}/site-packages/workers-0.9.dist-info/RECORD
#| workers/__init__.py,,
#| workers-0.9.dist-info/METADATA,,
#| workers-0.9.dist-info/RECORD,,
#: file main.py
import requests
import workers
from fastapi import FastAPI

app = FastAPI()


def fetch(url: str) -> str:
    return requests.get(url, timeout=3).text


@app.get("/page")
async def page(url: str) -> str:  #: endpoint GET /page clean
    return await workers.run(fetch, url)
