# A task to which nobody keeps a reference may be collected while it runs.
import asyncio

from fastapi import FastAPI

app = FastAPI()


async def refresh(n: int) -> None:  #: task clean
    await asyncio.sleep(n)


@app.post("/a")
async def a() -> None:  #: endpoint POST /a clean
    asyncio.create_task(refresh(1))  #! CW202 warning


@app.post("/b")
async def b() -> None:  #: endpoint POST /b clean
    asyncio.ensure_future(refresh(1))  #! CW202 warning


@app.post("/c")
async def c() -> None:  #: endpoint POST /c clean
    loop = asyncio.get_running_loop()
    loop.create_task(refresh(1))  #! CW202 warning


@app.post("/d")
async def d(times: int) -> None:  #: endpoint POST /d clean
    for n in range(times):
        asyncio.create_task(refresh(n))  #! CW202 warning
