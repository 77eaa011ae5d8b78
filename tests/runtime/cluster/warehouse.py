"""The app's functions that the tests send to a cluster. Workers import this module by its name."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from fastapi import HTTPException
from pydantic import BaseModel


class Item(BaseModel):
    name: str
    count: int


def doubled(item: Item) -> Item:
    return Item(name=item.name, count=item.count * 2)


def refused(number: int) -> None:
    raise HTTPException(418, detail=f"not {number}", headers={"X-Why": "tea"})


def broken() -> None:
    raise ValueError("no such shelf")


def process_id() -> int:
    return os.getpid()


def mark(log: str, name: str) -> None:
    """Count a run: one line, written whole."""
    with open(log, "a") as file:
        file.write(f"{name} {os.getpid()}\n")


def run_for(log: str, name: str, seconds: float) -> str:
    mark(log, name)
    time.sleep(seconds)
    return name


def held(log: str, name: str, gate: str) -> str:
    """Runs until there is a file with the name `gate`."""
    mark(log, name)
    while not Path(gate).exists():
        time.sleep(0.01)
    return name


def deadly(log: str, name: str) -> None:
    """Kills its worker."""
    mark(log, name)
    os.kill(os.getpid(), signal.SIGKILL)


def deadly_once(log: str, name: str) -> str:
    """Kills the first worker that runs it."""
    first = not Path(log).exists() or name not in Path(log).read_text()
    mark(log, name)
    if first:
        os.kill(os.getpid(), signal.SIGKILL)
    return name


def unsendable() -> object:
    return lambda: None
