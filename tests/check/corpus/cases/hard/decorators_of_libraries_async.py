# Library decorators over coroutines: what they wait for, they await.
import httpx
from fastapi import FastAPI

app = FastAPI()
http = httpx.AsyncClient()


class Breaker:
    def __init__(self, most: int) -> None:
        self.most = most
        self.failures = 0

    def __call__(self, function):
        async def guarded(*args, **kwargs):
            if self.failures > self.most:
                raise RuntimeError("open")
            try:
                return await function(*args, **kwargs)
            except httpx.HTTPError:
                self.failures += 1
                raise

        return guarded


@Breaker(most=3)
async def fetch(url: str) -> str:
    return (await http.get(url)).text


@app.get("/page")
async def page(url: str) -> str:  #: endpoint GET /page clean
    return await fetch(url)
