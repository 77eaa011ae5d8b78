# The same two classes up, of an unknown prefix, where nothing blocks: they are placed below `/…`.
import asyncio
import os

from fastapi import APIRouter, FastAPI


class Base:
    def __init__(self, name):
        self.router = APIRouter(prefix=f"/auth/{name}")


class Middle(Base):
    def __init__(self, name):
        super().__init__(name)


class OAuth(Middle):
    def __init__(self, name):
        super().__init__(name)
        self.router.add_api_route("/revoke", self.revoke, methods=["GET"])

    async def revoke(self):  #: endpoint GET /…/revoke clean
        await asyncio.sleep(1)


app = FastAPI()
app.include_router(OAuth(os.environ.get("NAME", "") + "x").router)
