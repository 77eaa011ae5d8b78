# A `cached_property` fetches when it is first read.
from functools import cached_property

import requests
from fastapi import FastAPI

app = FastAPI()


class Repository:
    def __init__(self, name: str) -> None:
        self.name = name

    @cached_property
    def metadata(self) -> dict:
        return requests.get(f"https://api.example.org/{self.name}", timeout=5).json()

    @cached_property
    def slug(self) -> str:
        return self.name.lower().replace("/", "-")


@app.get("/repositories/{name}/owner")
async def owner(name: str) -> str:  #: endpoint GET /repositories/{name}/owner blocks requests.get=error
    return Repository(name).metadata["owner"]


@app.get("/repositories/{name}/slug")
async def slug(name: str) -> str:  #: endpoint GET /repositories/{name}/slug clean
    return Repository(name).slug
