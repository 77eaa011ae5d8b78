# The function arrives by a star import of a package that re-exports it.
#: file api/__init__.py
#: file api/clients/__init__.py
from .billing import *
from .clock import now as current_time

__all__ = ["charge", "current_time"]
#: file api/clients/billing.py
import urllib.request

__all__ = ["charge"]


def charge(cents: int) -> int:
    with urllib.request.urlopen(f"https://pay.example.org/charge?cents={cents}") as answer:
        return answer.status
#: file api/clients/clock.py
import datetime


def now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat()
#: file api/main.py
from fastapi import FastAPI

from .clients import *

app = FastAPI()


@app.post("/charges")
async def create_charge(cents: int) -> int:  #: endpoint POST /charges blocks urllib.request.urlopen=error
    return charge(cents)


@app.get("/now")
async def now() -> str:  #: endpoint GET /now clean
    return current_time()
