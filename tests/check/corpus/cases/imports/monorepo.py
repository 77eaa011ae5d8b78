# Two services and a shared library in one repository; both services have a package named `app`.
#: file libs/shared/src/shared/__init__.py
#: file libs/shared/src/shared/clock.py
import time


def settle() -> None:
    time.sleep(0.5)


def stamp() -> float:
    return time.time()
#: file services/orders/pyproject.toml
#| [project]
#| name = "orders"
#| version = "1.0"
#: file services/orders/app/__init__.py
#: file services/orders/app/steps.py
from shared.clock import settle


def run() -> None:
    settle()
#: file services/orders/app/main.py
from fastapi import FastAPI

from app.steps import run

app = FastAPI()


@app.post("/orders")
async def order() -> None:  #: endpoint POST /orders blocks time.sleep=error
    run()
