# What is kept is made once; what a test lets be made again, or keeps for one call only, is not.
import time

from fastapi import FastAPI, Request

app = FastAPI()


class Client:
    def __init__(self) -> None:
        self.token: str | None = None
        self.expires = 0.0
        self.busy = False
        self.ready = False
        self.pool: object | None = None

    def login(self) -> str:
        time.sleep(1)
        return "token"

    def connect(self) -> None:
        time.sleep(1)
        self.pool = object()

    def kept(self) -> str:
        if self.token is None or not self.ready:
            self.token = self.login()
            self.ready = True
        return self.token

    def connected(self) -> object:
        if not self.pool:
            self.connect()
        return self.pool

    def fresh(self) -> str:
        if self.token is None or self.expires < time.time():
            self.token = self.login()
            self.expires = time.time() + 60
        return self.token

    def exclusively(self) -> None:
        if self.busy:
            return
        self.busy = True
        self.login()
        self.busy = False


client = Client()


def given(name: str | None = None) -> str:
    if name is None:
        name = client.login()
    return name


def of_request(request: Request) -> str:
    if request.state.token is None:
        request.state.token = client.login()
    return "ok"


@app.get("/kept")
async def kept() -> str:  #: endpoint GET /kept blocks time.sleep=warning
    return client.kept()


@app.get("/connected")
async def connected() -> bool:  #: endpoint GET /connected blocks time.sleep=warning
    return client.connected() is not None


@app.get("/fresh")
async def fresh() -> str:  #: endpoint GET /fresh blocks time.sleep=error
    return client.fresh()


@app.get("/exclusively")
async def exclusively() -> None:  #: endpoint GET /exclusively blocks time.sleep=error
    client.exclusively()


@app.get("/given")
async def given_name() -> str:  #: endpoint GET /given blocks time.sleep=error
    return given()


@app.get("/request")
async def by_request(request: Request) -> str:  #: endpoint GET /request blocks time.sleep=error
    return of_request(request)
