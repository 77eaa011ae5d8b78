# A base's constructor makes the router and the first routes, a subclass's adds its own; the prefix is a parameter.
import time

from fastapi import APIRouter, FastAPI


class Base:
    def __init__(self, name: str):
        self.router = APIRouter(prefix=f"/auth/{name}")
        self.router.add_api_route("/login", self.login, methods=["GET"])

    async def login(self):  #: endpoint GET /auth/x/login clean
        return 1


class OAuth(Base):
    def __init__(self, name: str):
        super().__init__(name)
        self.router.add_api_route("/revoke", self.revoke, methods=["GET"])

    async def revoke(self):  #: endpoint GET /auth/x/revoke blocks time.sleep
        time.sleep(1)  #! CW101 error


app = FastAPI()
app.include_router(OAuth("x").router)
