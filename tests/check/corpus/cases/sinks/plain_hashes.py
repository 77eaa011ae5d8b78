# Digests, tokens and signatures of small things take microseconds.
import hashlib
import hmac
import secrets
import uuid

from fastapi import FastAPI

app = FastAPI()


@app.get("/etag")
async def etag(text: str) -> str:  #: endpoint GET /etag clean
    return hashlib.sha256(text.encode()).hexdigest()


@app.post("/verify")
async def verify(body: str, signature: str) -> bool:  #: endpoint POST /verify clean
    expected = hmac.new(b"key", body.encode(), "sha256").hexdigest()
    return hmac.compare_digest(expected, signature)


@app.post("/tokens")
async def token() -> str:  #: endpoint POST /tokens clean
    return f"{uuid.uuid4()}.{secrets.token_urlsafe(16)}"
