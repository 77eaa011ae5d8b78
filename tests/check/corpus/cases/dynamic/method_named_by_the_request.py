# The method's name is the client's word, and one of the methods waits: `clean` would be a lie.
import time

from fastapi import FastAPI

app = FastAPI()


class Actions:
    def greet(self) -> str:
        return "hello"

    def settle(self) -> str:
        time.sleep(3)
        return "settled"


actions = Actions()


@app.post("/actions/{name}")
async def act(name: str):  #: endpoint POST /actions/{name} blocks|unknown time.sleep
    return getattr(actions, name)()
