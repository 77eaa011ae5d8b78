# Classes are registered by name, and made from what the request says.
import sqlite3

from fastapi import FastAPI

app = FastAPI()


class CsvExport:
    def run(self) -> str:
        return "a;b"


class SqlExport:
    def run(self) -> str:
        rows = sqlite3.connect("app.db").execute("select * from items")
        return "\n".join(str(row) for row in rows)


EXPORTS = {"csv": CsvExport, "sql": SqlExport}


class Circle:
    def area(self, size: float) -> float:
        return 3.14 * size * size


class Square:
    def area(self, size: float) -> float:
        return size * size


SHAPES: dict[str, type[Circle] | type[Square]] = {"circle": Circle, "square": Square}


@app.get("/exports/{kind}")
async def export(kind: str) -> str:  #: endpoint GET /exports/{kind} blocks sqlite3.connect Connection.execute …
    return EXPORTS[kind]().run()


@app.get("/areas/{shape}")
async def area(shape: str, size: float) -> float:  #: endpoint GET /areas/{shape} clean
    return SHAPES[shape]().area(size)
