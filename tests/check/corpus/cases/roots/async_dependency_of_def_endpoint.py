# A `def` endpoint blocks the loop all the same: its dependency is an `async def` that fetches.
from typing import Annotated

import requests
from fastapi import Depends, FastAPI, Header, HTTPException

app = FastAPI()


async def current_user(authorization: Annotated[str, Header()]) -> str:  #: dependency GET /me, GET /me/posts blocks requests.get=error
    answer = requests.get("https://auth.example.org/whoami", headers={"Authorization": authorization}, timeout=2)  #! CW103 error
    if answer.status_code != 200:
        raise HTTPException(401)
    return answer.text


User = Annotated[str, Depends(current_user)]


@app.get("/me")
def me(user: User) -> str:  #: endpoint GET /me blocks by current_user on thread
    return user


@app.get("/me/posts")
async def posts(user: User) -> list[str]:  #: endpoint GET /me/posts blocks by current_user
    return []


@app.get("/health")
def health() -> str:  #: endpoint GET /health clean
    return "ok"
