# Calls within `match`, `try`, `except` and `finally`.
import os
import time

from fastapi import FastAPI

app = FastAPI()


def risky(text: str) -> int:
    return int(text)


def cool_down() -> None:
    time.sleep(0.2)


@app.get("/except")
async def in_except(text: str) -> int:  #: endpoint GET /except blocks time.sleep=error
    try:
        return risky(text)
    except ValueError:
        cool_down()
        return 0


@app.get("/finally")
async def in_finally(text: str) -> int:  #: endpoint GET /finally blocks os.system=error
    try:
        return risky(text)
    finally:
        os.system("sync")


@app.get("/match/{action}")
async def in_match(action: str) -> str:  #: endpoint GET /match/{action} blocks time.sleep=error
    match action.split("-"):
        case ["wait", _]:
            cool_down()
        case [other]:
            return other
    return "done"


@app.get("/quiet/{action}")
async def quiet(action: str) -> str:  #: endpoint GET /quiet/{action} clean
    match action:
        case "a" | "b":
            return "letter"
        case _:
            return str(risky("1"))
