# A `threading` lock is held while the coroutine is suspended: whoever wants it meanwhile blocks the loop.
import asyncio
import threading

from fastapi import FastAPI

app = FastAPI()
lock = threading.Lock()


class Counter:
    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.value = 0

    async def add(self, n: int) -> int:
        with self.lock:  #! CW402 warning
            await asyncio.sleep(0)
            self.value += n
            return self.value


counter = Counter()


@app.post("/global")
async def by_global() -> None:  #: endpoint POST /global blocks|clean
    with lock:  #! CW402 warning
        await asyncio.sleep(1)


@app.post("/counter")
async def by_counter(n: int) -> int:  #: endpoint POST /counter blocks|clean
    return await counter.add(n)
