# A service that awaits everywhere, except in one branch of one error handler.
import asyncio
import logging

import httpx
from fastapi import FastAPI

app = FastAPI()
logger = logging.getLogger(__name__)


class Upstream:
    def __init__(self) -> None:
        self.http = httpx.AsyncClient()
        self.failures = 0

    async def get(self, path: str) -> str:
        for attempt in range(3):
            try:
                answer = await self.http.get(f"https://upstream.example.org/{path}")
                answer.raise_for_status()
            except httpx.HTTPError as error:
                await self.failed(error, attempt)
            else:
                return answer.text
        return ""

    async def failed(self, error: Exception, attempt: int) -> None:
        self.failures += 1
        if self.failures > 10:
            httpx.post("https://alerts.example.org", json={"error": str(error)})
        await asyncio.sleep(2**attempt)


upstream = Upstream()


@app.get("/pages/{path}")
async def page(path: str) -> str:  #: endpoint GET /pages/{path} blocks httpx.post=error
    return await upstream.get(path)
