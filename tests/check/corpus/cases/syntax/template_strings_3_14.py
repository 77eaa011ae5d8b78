# Template strings of Python 3.14: what stands in them is called.
#: newer 3.14
import socket

from fastapi import FastAPI

app = FastAPI()


def render(template) -> str:
    return "".join(part if isinstance(part, str) else str(part.value) for part in template)


@app.get("/where")
async def where() -> str:  #: endpoint GET /where blocks socket.gethostbyname=error
    return render(t"at {socket.gethostbyname("localhost")}")


@app.get("/hello/{name}")
async def hello(name: str) -> str:  #: endpoint GET /hello/{name} clean
    return render(t"hello {name.title()}!")
