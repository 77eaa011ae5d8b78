# One call stays open, another blocks for certain: the verdict is `blocks`.
#: unresolved
import time

from fastapi import FastAPI

app = FastAPI()


class Actions:
    def greet(self) -> str:
        return "hello"


@app.post("/actions/{name}")
async def act(name: str):  #: endpoint POST /actions/{name} blocks time.sleep=error
    time.sleep(0.1)
    return getattr(Actions(), name)()
