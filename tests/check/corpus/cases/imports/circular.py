# Two modules import each other; the call goes round.
#: file app/__init__.py
#: file app/accounts.py
from app import audit


def close(account: int) -> str:
    audit.record(f"close {account}")
    return label(account)


def label(account: int) -> str:
    return f"account {account}"
#: file app/audit.py
from app import accounts


def record(text: str) -> None:
    with open("audit.log", "a") as log:
        log.write(text)


def describe(account: int) -> str:
    return accounts.label(account).upper()
#: file app/main.py
from fastapi import FastAPI

from app import accounts, audit

app = FastAPI()


@app.delete("/accounts/{account}")
async def close(account: int) -> str:  #: endpoint DELETE /accounts/{account} blocks open=warning …
    return accounts.close(account)


@app.get("/accounts/{account}")
async def describe(account: int) -> str:  #: endpoint GET /accounts/{account} clean
    return audit.describe(account)
