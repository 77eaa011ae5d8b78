# A package that is not installed and that nobody knows: silence must not look like safety.
#: unresolved acme_sdk
import acme_sdk
from fastapi import FastAPI

app = FastAPI()
client = acme_sdk.Client("key")


@app.get("/keys/{key}")
async def read(key: str):  #: endpoint GET /keys/{key} unknown
    return client.fetch(key)
