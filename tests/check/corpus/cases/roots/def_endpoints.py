# `def` endpoints, dependencies and class methods block in threads, where they may.
import time
from typing import Annotated

import requests
from fastapi import APIRouter, Depends, FastAPI

app = FastAPI()
router = APIRouter(prefix="/reports")


def tenant(x: int = 0) -> str:  #: dependency clean on thread
    return requests.get(f"https://tenants.example.org/{x}", timeout=2).text


@router.get("/{year}")
def report(year: int, name: Annotated[str, Depends(tenant)]) -> str:  #: endpoint GET /reports/{year} clean on thread
    time.sleep(2)
    return f"{name} {year}"


@router.post("/")
def create(text: str) -> int:  #: endpoint POST /reports/ clean on thread
    with open("report.txt", "w") as file:
        return file.write(text)


app.include_router(router)
