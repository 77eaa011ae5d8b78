# A faster library where there is one, the standard library otherwise; and an optional client.
import json

from fastapi import FastAPI

try:
    import requests as http
except ImportError:
    http = None

try:
    from orjson import loads
except ImportError:
    from json import loads

app = FastAPI()


@app.get("/status")
async def status() -> int:  #: endpoint GET /status blocks requests.get=error
    return http.get("https://example.org", timeout=1).status_code


@app.get("/parsed")
async def parsed(text: str) -> str:  #: endpoint GET /parsed clean
    return json.dumps(loads(text))
