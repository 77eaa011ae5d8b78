"""Results made by hand, for the tests of everything that is made from one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from clearway.check.fingerprint import fingerprinted
from clearway.check.result import Result
from clearway.model import Finding, Lane, Link, Root, RootKind, Severity, Sink, SinkKind, Verdict

GET = Sink("requests.get", SinkKind.NETWORK)
SLEEP = Sink("time.sleep", SinkKind.SLEEP)
CODES = ("CW101", "CW102", "CW103", "CW201", "CW301", "CW302")

MAIN = """\
from app import crud

@app.get("/items/{id}")
async def read_item(id: int):
    item = crud.load(
        id,
    )
    return item

@app.get("/version")
def version():
    return {"version": 1}
"""
CRUD = """\
import requests


def load(id):
    return requests.get(f"https://example.org/{id}").json()
"""


def write_app(root: Path, main: str = MAIN, crud: str = CRUD) -> None:
    """The files that `result` speaks of."""
    (root / "app").mkdir(exist_ok=True)
    (root / "app" / "main.py").write_text(main)
    (root / "app" / "crud.py").write_text(crud)


def link(function: str, line: int, calls: str, file: str | None = None) -> Link:
    module = function.partition(":")[0]
    return Link(function, file or f"{module.replace('.', '/')}.py", line, calls)


CHAIN = (link("app.main:read_item", 5, "app.crud:load"), link("app.crud:load", 5, "requests.get"))


def finding(**changes: Any) -> Finding:
    """The finding of `MAIN`: `read_item` reaches `requests.get` through `load`."""
    values: dict[str, Any] = {
        "rule": "CW102",
        "severity": Severity.ERROR,
        "root": "app.main:read_item",
        "message": "read_item blocks the loop: load waits for the network in requests.get",
        "sink": GET,
        "chain": CHAIN,
        "fingerprint": "",
        "fix": None,
    }
    return Finding(**(values | changes))


def root(id: str = "app.main:read_item", **changes: Any) -> Root:
    module, _, function = id.partition(":")
    values: dict[str, Any] = {
        "id": id,
        "kind": RootKind.ENDPOINT,
        "file": f"{module.replace('.', '/')}.py",
        "line": 4,
        "function": function,
        "is_async": True,
        "routes": ("GET /items/{id}",),
        "runs_on": Lane.LOOP,
        "verdict": Verdict.BLOCKS,
    }
    return Root(**(values | changes))


def result(folder: Path, *findings: Finding, **changes: Any) -> Result:
    values: dict[str, Any] = {
        "root": folder,
        "roots": (root(),),
        "findings": fingerprinted(findings),
        "files": 2,
        "checked": ("app/crud.py", "app/main.py"),
        "seconds": 0.25,
    }
    return Result(**(values | changes))
