# A lambda kept in a variable, a default or a key, and called on the loop.
import time

from fastapi import FastAPI

app = FastAPI()
pause = lambda seconds: time.sleep(seconds)  # noqa: E731


@app.get("/pause")
async def read_pause() -> str:  #: endpoint GET /pause blocks time.sleep=error
    pause(1)
    return "done"


@app.get("/sorted")
async def sort(names: str) -> list[str]:  #: endpoint GET /sorted clean
    shout = lambda name: name.upper()  # noqa: E731
    return sorted(map(shout, names.split(",")), key=lambda name: (len(name), name))


@app.get("/mapped")
async def mapped(n: int) -> list[None]:  #: endpoint GET /mapped blocks time.sleep=error
    return list(map(lambda _: time.sleep(0.1), range(n)))
