# What runs once at start-up may read files and wait: advice at most.
import json
import time
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI

MODELS: dict[str, dict] = {}


def load_models() -> None:
    for path in Path("models").glob("*.json"):
        MODELS[path.stem] = json.loads(path.read_text())


@asynccontextmanager
async def lifespan(app: FastAPI):  #: lifespan clean
    load_models()
    time.sleep(0.1)
    yield
    MODELS.clear()


app = FastAPI(lifespan=lifespan)


@app.get("/models")
async def models() -> list[str]:  #: endpoint GET /models clean
    return sorted(MODELS)
