# Methods that only have the names of blocking ones: `get` of a dictionary, `join` of a string, `sleep` of a bear.
import os.path

from fastapi import FastAPI

app = FastAPI()


class Bear:
    def sleep(self, hours: int) -> str:
        return f"asleep for {hours}"

    def connect(self, other: "Bear") -> "list[Bear]":
        return [self, other]

    def recv(self, size: int) -> bytes:
        return b"x" * size


class Requests(dict[str, str]):
    def post(self, name: str, text: str) -> None:
        self[name] = text


requests = Requests()
bear = Bear()


@app.get("/got/{name}")
async def got(name: str) -> str | None:  #: endpoint GET /got/{name} clean
    return requests.get(name)


@app.post("/post/{name}")
async def post(name: str) -> str:  #: endpoint POST /post/{name} clean
    requests.post(name, "text")
    return ", ".join(requests)


@app.get("/bear")
async def of_a_bear() -> str:  #: endpoint GET /bear clean
    bear.connect(Bear())
    bear.recv(3)
    return bear.sleep(3)


@app.get("/path")
async def path() -> str:  #: endpoint GET /path clean
    return os.path.join("a", os.path.basename("b/c"))
