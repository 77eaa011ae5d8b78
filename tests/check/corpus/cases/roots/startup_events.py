# `on_event` and `on_startup` lists: they run once, and before anyone is served; advice, whatever they wait for.
import time
from pathlib import Path

from fastapi import FastAPI

SETTINGS: dict[str, str] = {}


def warm_up() -> None:  #: lifespan clean on loop
    time.sleep(1)  #! CW101 advice time.sleep


app = FastAPI(on_startup=[warm_up])


@app.on_event("startup")
async def read_settings() -> None:  #: lifespan clean
    SETTINGS["motd"] = Path("motd.txt").read_text()  #! CW101 advice


@app.on_event("shutdown")
def say_goodbye() -> None:  #: lifespan clean on loop
    Path("goodbye.txt").write_text("bye")  #! CW101 advice


@app.get("/motd")
async def motd() -> str:  #: endpoint GET /motd clean
    return SETTINGS["motd"]
