# A fluent builder of the project has the verbs of a database and makes text.
from fastapi import FastAPI

app = FastAPI()


class Query:
    def __init__(self, table: str) -> None:
        self.table = table
        self.conditions: list[str] = []

    def filter(self, condition: str) -> "Query":
        self.conditions.append(condition)
        return self

    def all(self) -> str:
        return f"select * from {self.table} where {' and '.join(self.conditions)}"

    def first(self) -> str:
        return f"{self.all()} limit 1"


def query(table: str) -> Query:
    return Query(table)


@app.get("/sql/{table}")
async def sql(table: str) -> str:  #: endpoint GET /sql/{table} clean
    return query(table).filter("a = 1").filter("b = 2").first()
