# The sync client is the only one that the project has: nothing to advise.
#: silent CW303
import httpx
from fastapi import FastAPI

app = FastAPI()


@app.get("/def")
def with_def() -> str:  #: endpoint GET /def clean on thread
    return httpx.get("https://example.org").text
