# Names that mean a sink in one scope and something harmless in the scope of the endpoint.
import time

from fastapi import FastAPI

app = FastAPI()


def sleep(seconds: float) -> float:
    return seconds


class time_:
    @staticmethod
    def sleep(seconds: float) -> float:
        return seconds


def started() -> float:
    return time.monotonic()


@app.get("/own")
async def own() -> float:  #: endpoint GET /own clean
    return sleep(1) + time_.sleep(1)


@app.get("/local")
async def local() -> str:  #: endpoint GET /local clean
    requests = {"get": 1}
    return str(requests.get("get")) + str(started())


@app.get("/parameter")
async def parameter(input: str, open: str = "") -> str:  #: endpoint GET /parameter clean
    return input.strip() + open.strip()
