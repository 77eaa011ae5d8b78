# Every way to send with requests.
import requests
from fastapi import FastAPI
from requests import Session
from requests.adapters import HTTPAdapter

app = FastAPI()


@app.post("/hooks")
async def hook(url: str) -> int:  #: endpoint POST /hooks blocks requests.post=error
    return requests.post(url, json={}, timeout=1).status_code


@app.put("/hooks")
async def hook_by_session(url: str) -> int:  #: endpoint PUT /hooks blocks Session.put=error
    with Session() as session:
        session.mount("https://", HTTPAdapter(max_retries=3))
        return session.put(url).status_code


@app.patch("/hooks")
async def hook_by_method(url: str, method: str) -> int:  #: endpoint PATCH /hooks blocks requests.request=error
    return requests.request(method, url).status_code


@app.get("/hooks")
async def build(url: str) -> str:  #: endpoint GET /hooks clean
    return requests.Request("GET", url, params={"a": "1"}).method
