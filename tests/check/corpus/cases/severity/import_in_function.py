# An import within a function may run a module that reads files: advice at most.
#: file app/__init__.py
#: file app/tables.py
import time
from pathlib import Path

TABLE = Path("table.csv").read_text() if Path("table.csv").exists() else ""
time.sleep(0)


def look_up(key: str) -> bool:
    return key in TABLE
#: file app/main.py
from fastapi import FastAPI

app = FastAPI()


@app.get("/known/{key}")
async def known(key: str) -> bool:  #: endpoint GET /known/{key} clean
    from app.tables import look_up

    return look_up(key)
