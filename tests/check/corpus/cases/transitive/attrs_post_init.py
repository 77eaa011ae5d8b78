# attrs calls `__attrs_post_init__` when an object is made.
import attr
import requests
from fastapi import FastAPI

app = FastAPI()


@attr.s(auto_attribs=True)
class Catalog:
    url: str

    def __attrs_post_init__(self) -> None:
        self.entries = requests.get(self.url, timeout=5).json()


@app.get("/catalog")
async def catalog(url: str):  #: endpoint GET /catalog blocks requests.get=error
    return Catalog(url=url).entries
