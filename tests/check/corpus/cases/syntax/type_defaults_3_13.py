# Defaults of type parameters, Python 3.13.
#: newer 3.13
import time

from fastapi import FastAPI

app = FastAPI()


class Box[T = int]:
    def __init__(self, value: T) -> None:
        self.value = value

    def open(self) -> T:
        time.sleep(0.1)
        return self.value

    def peek(self) -> T:
        return self.value


@app.get("/open")
async def open_box() -> int:  #: endpoint GET /open blocks time.sleep=error
    return Box(1).open()


@app.get("/peek")
async def peek() -> int:  #: endpoint GET /peek clean
    return Box(1).peek()
