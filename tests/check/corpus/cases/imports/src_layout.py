# A src layout: the package lies below `src`, its project file beside.
#: file pyproject.toml
#| [project]
#| name = "billing"
#| version = "1.0"
#: file src/billing/__init__.py
from billing.invoices import send

__all__ = ["send"]
#: file src/billing/invoices.py
import requests


def send(number: int) -> int:
    return requests.post("https://print.example.org", json={"number": number}, timeout=9).status_code
#: file src/billing/app.py
import billing
from fastapi import FastAPI

app = FastAPI()


@app.post("/invoices/{number}")
async def create(number: int) -> int:  #: endpoint POST /invoices/{number} blocks requests.post=error
    return billing.send(number)


@app.get("/invoices/{number}")
async def read(number: int) -> int:  #: endpoint GET /invoices/{number} clean
    return number
