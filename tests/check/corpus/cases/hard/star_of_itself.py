# A package's module star-imports itself and its package; annotations use names that nobody binds.
#: file app/__init__.py
from .models import *
#: file app/models.py
from .models import *
from app import *


def load(loader: Missing) -> str:  # noqa: F405
    return "loaded"
#: file app/main.py
import time

from fastapi import FastAPI

from app import *

app = FastAPI()


@app.get("/slow")
async def slow(kind: Unknown = None) -> str:  #: endpoint GET /slow blocks time.sleep=error
    time.sleep(1)
    return load(kind)
