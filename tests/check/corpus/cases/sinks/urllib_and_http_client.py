# The standard library's HTTP, and urllib3.
import http.client
from urllib.parse import urlencode
from urllib.request import Request, urlopen, urlretrieve

import urllib3
from fastapi import FastAPI

app = FastAPI()
http_pool = urllib3.PoolManager()


@app.get("/open")
async def by_urllib() -> int:  #: endpoint GET /open blocks urllib.request.urlopen=error
    return urlopen(Request("https://example.org", headers={"Accept": "text/plain"})).status


@app.post("/retrieve")
async def retrieve() -> str:  #: endpoint POST /retrieve blocks urllib.request.urlretrieve=error
    return urlretrieve("https://example.org/data.bin", "data.bin")[0]


@app.get("/client")
async def by_http_client() -> int:  #: endpoint GET /client blocks HTTPSConnection.request|HTTPConnection.request HTTPSConnection.getresponse|HTTPConnection.getresponse
    connection = http.client.HTTPSConnection("example.org", timeout=5)
    connection.request("GET", "/")
    return connection.getresponse().status


@app.get("/pool")
async def by_urllib3() -> int:  #: endpoint GET /pool blocks PoolManager.request=error
    return http_pool.request("GET", "https://example.org").status


@app.get("/query")
async def query(q: str) -> str:  #: endpoint GET /query clean
    return urlencode({"q": q})
