# `getattr` with a constant name, and with names that a loop writes out.
import shutil

from fastapi import FastAPI

app = FastAPI()


class Janitor:
    def sweep(self) -> None:
        shutil.rmtree("tmp", ignore_errors=True)

    def greet(self) -> str:
        return "hello"


janitor = Janitor()


@app.post("/sweep")
async def sweep() -> None:  #: endpoint POST /sweep blocks shutil.rmtree=warning
    getattr(janitor, "sweep")()


@app.get("/greet")
async def greet() -> str:  #: endpoint GET /greet clean
    return getattr(janitor, "greet")()
