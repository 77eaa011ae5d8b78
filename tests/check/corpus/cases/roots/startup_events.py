# `on_event`, `on_startup` lists and `add_event_handler`: they run once, whatever they wait for.
import time
from pathlib import Path

from fastapi import FastAPI
from starlette.applications import Starlette

app = FastAPI()
SETTINGS: dict[str, str] = {}


@app.on_event("startup")
async def read_settings() -> None:  #: lifespan clean
    SETTINGS["motd"] = Path("motd.txt").read_text()  #! CW101 advice


@app.on_event("shutdown")
def say_goodbye() -> None:  #: lifespan clean
    Path("goodbye.txt").write_text("bye")


def warm_up() -> None:  #:? lifespan clean
    time.sleep(1)


@app.get("/motd")
async def motd() -> str:  #: endpoint GET /motd clean
    return SETTINGS["motd"]
