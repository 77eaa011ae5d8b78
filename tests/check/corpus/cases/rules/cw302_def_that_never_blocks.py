# A `def` that is proven not to block may run on the loop; one that blocks, or might, may not.
import json
import time

import acme_plugins
from fastapi import FastAPI

app = FastAPI()


@app.get("/health")
def health() -> dict[str, str]:  #: endpoint GET /health clean  #! CW302 advice
    return {"status": "ok"}


@app.get("/slow")
def slow() -> str:  #: endpoint GET /slow clean
    time.sleep(1)
    return "slow"


@app.get("/plugin")
def plugin(name: str) -> str:  #: endpoint GET /plugin clean|unknown
    return acme_plugins.load(name)()


@app.get("/file")
def file() -> dict:  #: endpoint GET /file clean
    return json.load(open("settings.json"))
