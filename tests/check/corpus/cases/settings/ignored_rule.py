# A rule that is switched off says nothing, the others go on.
#: file pyproject.toml
#| [project]
#| name = "service"
#| version = "1.0"
#|
#| [tool.clearway]
#| ignore = ["CW202"]
#: file main.py
import asyncio
import time

from fastapi import FastAPI

app = FastAPI()


async def refresh() -> None:  #: task blocks time.sleep=error
    time.sleep(1)


@app.post("/refresh")
async def start() -> None:  #: endpoint POST /refresh clean|blocks
    asyncio.create_task(refresh())
