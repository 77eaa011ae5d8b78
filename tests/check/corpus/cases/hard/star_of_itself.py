# A package's module star-imports itself and its package; annotations use names that nobody binds.
#: file app/__init__.py
from .models import *
#: file app/models.py
from __future__ import annotations

from .models import *
from app import *


def load(loader: Missing = None) -> str:  # noqa: F405
    return loader.load() if loader else "loaded"
#: file app/main.py
from __future__ import annotations

import time

from fastapi import FastAPI

from app import *

app = FastAPI()


@app.get("/slow")
async def slow() -> str:  #: endpoint GET /slow blocks time.sleep=error
    time.sleep(1)
    return named(None)


def named(kind: Unknown) -> str:  # noqa: F405
    return load(kind)
