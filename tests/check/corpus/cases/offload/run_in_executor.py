# The loop's own executor, and one of the project's.
import asyncio
import subprocess
from concurrent.futures import ThreadPoolExecutor

from fastapi import FastAPI

app = FastAPI()
pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="render")


def render(page: str) -> bytes:
    return subprocess.run(["wkhtmltopdf", page, "-"], capture_output=True, check=True).stdout


@app.get("/pages/{page}/size")
async def size(page: str) -> int:  #: endpoint GET /pages/{page}/size clean
    loop = asyncio.get_running_loop()
    return len(await loop.run_in_executor(None, render, page))


@app.get("/pages/{page}/hash")
async def page_hash(page: str) -> int:  #: endpoint GET /pages/{page}/hash clean
    return hash(await asyncio.get_event_loop().run_in_executor(pool, render, page))
