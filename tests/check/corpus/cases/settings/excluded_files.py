# Excluded files are not checked, though what they define is still known.
#: file clearway.toml
#| exclude = ["scripts/**", "**/legacy_*.py"]
#: file scripts/admin.py
import time

from fastapi import APIRouter

admin = APIRouter()


@admin.get("/slow")
async def slow() -> None:
    time.sleep(1)
#: file app/__init__.py
#: file app/legacy_views.py
import time

from fastapi import APIRouter

router = APIRouter()


@router.get("/legacy")
async def legacy() -> None:
    time.sleep(1)
#: file app/main.py
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def index() -> str:  #: endpoint GET / clean
    return "index"
