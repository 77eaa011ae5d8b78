# One function for both worlds: the sync half is only reached from threads.
import asyncio
import time

from fastapi import FastAPI

app = FastAPI()


class Backoff:
    def wait(self, attempt: int) -> None:
        time.sleep(self.delay(attempt))

    async def wait_async(self, attempt: int) -> None:
        await asyncio.sleep(self.delay(attempt))

    def delay(self, attempt: int) -> float:
        return min(2.0**attempt, 30)


backoff = Backoff()


@app.get("/async")
async def with_async() -> float:  #: endpoint GET /async clean
    await backoff.wait_async(1)
    return backoff.delay(2)


@app.get("/sync")
def with_sync() -> float:  #: endpoint GET /sync clean on thread
    backoff.wait(1)
    return backoff.delay(2)
