# A class is re-exported under another name through two packages; nothing blocks.
#: file app/__init__.py
#: file app/db/__init__.py
from .impl import Memory as Store

__all__ = ["Store"]
#: file app/db/impl/__init__.py
from app.db.impl.memory import Memory

__all__ = ["Memory"]
#: file app/db/impl/memory.py
class Memory:
    def __init__(self) -> None:
        self.rows: dict[str, str] = {}

    def execute(self, key: str) -> str:
        return self.rows.setdefault(key, key)
#: file app/main.py
import app.db as database
from fastapi import FastAPI

app = FastAPI()
store = database.Store()


@app.get("/rows/{key}")
async def row(key: str) -> str:  #: endpoint GET /rows/{key} clean
    return store.execute(key)
