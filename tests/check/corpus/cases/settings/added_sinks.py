# Sinks that the user adds: a function of the project, and a method of an unknown library.
#: file clearway.toml
#| [sinks."app.solver.solve"]
#| kind = "cpu"
#| severity = "error"
#|
#| [sinks."acme.Client.fetch"]
#| kind = "network"
#| fix = "use acme.aio.Client"
#: file app/__init__.py
#: file app/solver.py
def solve(n: int) -> int:
    return n if n < 2 else solve(n - 1) + solve(n - 2)


def quick(n: int) -> int:
    return n
#: file app/main.py
import acme
from fastapi import FastAPI

from app.solver import quick, solve

app = FastAPI()
client = acme.Client("https://acme.example.org")


@app.get("/solve/{n}")
async def read_solution(n: int) -> int:  #: endpoint GET /solve/{n} blocks app.solver.solve=error
    return solve(n)


@app.get("/acme/{key}")
async def from_acme(key: str):  #: endpoint GET /acme/{key} blocks acme.Client.fetch=error
    return client.fetch(key)


@app.get("/quick/{n}")
async def read_quick(n: int) -> int:  #: endpoint GET /quick/{n} clean
    return quick(n)
