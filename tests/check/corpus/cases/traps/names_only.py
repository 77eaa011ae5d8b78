# Names of blocking libraries in `isinstance`, `except`, annotations, constants and defaults.
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import requests
from fastapi import FastAPI

app = FastAPI()


@dataclass
class Policy:
    retries: int = 3
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)

    def total(self) -> int:
        return self.retries + 1


def kind(value: requests.Response | BaseException) -> str:
    if isinstance(value, requests.Response):
        return "response"
    return type(value).__name__


@app.get("/kind")
async def read_kind() -> str:  #: endpoint GET /kind clean
    try:
        return kind(ValueError("no"))
    except requests.RequestException as error:
        return kind(error)
    except subprocess.CalledProcessError:
        return "process"


@app.get("/constants")
async def constants() -> int:  #: endpoint GET /constants clean
    return int(socket.AF_INET) + subprocess.PIPE + Policy().total()
