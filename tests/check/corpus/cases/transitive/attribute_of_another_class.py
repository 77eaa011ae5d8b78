# The blocking client is an attribute of an attribute, set in the `__init__` of another class.
#: file shop/__init__.py
#: file shop/storage.py
from redis import Redis


class Storage:
    def __init__(self, url: str) -> None:
        self.redis = Redis.from_url(url)
#: file shop/carts.py
from shop.storage import Storage


class Carts:
    def __init__(self, storage: Storage) -> None:
        self.storage = storage

    def items(self, user: str) -> list[str]:
        return self.storage.redis.lrange(f"cart:{user}", 0, -1)
#: file shop/main.py
from fastapi import FastAPI

from shop.carts import Carts
from shop.storage import Storage

app = FastAPI()
carts = Carts(Storage("redis://localhost"))


@app.get("/carts/{user}")
async def cart(user: str):  #: endpoint GET /carts/{user} blocks Redis.lrange=error
    return {"items": carts.items(user)}
