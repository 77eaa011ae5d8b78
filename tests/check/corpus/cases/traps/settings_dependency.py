# The idiom for settings: a cached `def` dependency, which runs in a thread.
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI
from pydantic import BaseModel

app = FastAPI()


class Settings(BaseModel):
    name: str = "service"
    secret: str = ""


@lru_cache
def get_settings() -> Settings:  #: dependency clean on thread
    return Settings(secret=Path("/run/secrets/key").read_text())


@app.get("/info")
async def info(settings: Annotated[Settings, Depends(get_settings)]) -> dict[str, str]:  #: endpoint GET /info clean
    return settings.model_dump(exclude={"secret"})
