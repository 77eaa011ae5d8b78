# Four functions lie between the endpoint and the sleep; a fifth endpoint stops above it.
#: file service/__init__.py
#: file service/retry.py
import time


def pause(attempt: int) -> None:
    time.sleep(2**attempt)


def attempts(limit: int) -> int:
    for attempt in range(limit):
        pause(attempt)
    return limit
#: file service/ledger.py
from service.retry import attempts


def post(amount: int) -> int:
    return attempts(3) + amount


def book(amount: int) -> int:
    if amount < 0:
        raise ValueError("negative")
    return post(amount)


def round_up(amount: int) -> int:
    return amount + amount % 10
#: file service/main.py
from fastapi import FastAPI

from service import ledger

app = FastAPI()


@app.post("/bookings")
async def create_booking(amount: int) -> int:  #: endpoint POST /bookings blocks time.sleep=error
    return ledger.book(amount)  #! CW102 error time.sleep


@app.post("/estimates")
async def estimate(amount: int) -> int:  #: endpoint POST /estimates clean
    return ledger.round_up(amount)
