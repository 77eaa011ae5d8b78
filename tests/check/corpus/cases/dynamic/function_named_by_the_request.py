# The function's name is the client's word: whatever the module has, and of that nothing blocks.
#: file app/__init__.py
#: file app/actions.py
def greet() -> str:
    return "hello"
#: file app/main.py
from fastapi import FastAPI

from app import actions

app = FastAPI()


@app.post("/actions/{name}")
async def act(name: str):  #: endpoint POST /actions/{name} unknown|clean
    return getattr(actions, name)()


@app.get("/names")
async def names() -> list[str]:  #: endpoint GET /names clean
    return ["greet"]
