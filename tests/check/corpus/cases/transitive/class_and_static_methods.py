# Class methods as constructors, static methods as helpers.
from pathlib import Path

import yaml
from fastapi import FastAPI

app = FastAPI()


class Config:
    def __init__(self, values: dict) -> None:
        self.values = values

    @classmethod
    def from_file(cls, name: str) -> "Config":
        return cls(yaml.safe_load(Path(name).read_text()))

    @classmethod
    def empty(cls) -> "Config":
        return cls({})

    @staticmethod
    def normal(key: str) -> str:
        return key.strip().lower()


@app.get("/config/{key}")
async def read(key: str):  #: endpoint GET /config/{key} blocks Path.read_text=warning
    return Config.from_file("config.yaml").values[Config.normal(key)]


@app.get("/empty/{key}")
async def read_empty(key: str) -> bool:  #: endpoint GET /empty/{key} clean
    return Config.normal(key) in Config.empty().values
