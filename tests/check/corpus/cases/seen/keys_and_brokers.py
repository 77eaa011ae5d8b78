# A package may be known and harmless for the most part, and block in one of its functions.
from dramatiq.brokers.redis import RedisBroker
from fastapi import FastAPI
from jwcrypto import jwk
from jwcrypto.jwk import JWK

app = FastAPI()
broker = RedisBroker(host="queue")


@app.get("/ping")
async def ping() -> None:  #: endpoint GET /ping blocks redis.Redis.ping=error
    broker.client.ping()


@app.get("/key")
async def key() -> str:  #: endpoint GET /key blocks jwcrypto.jwk.JWK.generate=error
    return JWK.generate(kty="RSA", size=4096).export()


@app.get("/module")
async def by_module() -> str:  #: endpoint GET /module blocks jwcrypto.jwk.JWK.generate=error
    return jwk.JWK.generate(kty="RSA", size=2048).export()


@app.get("/curve")
async def curve() -> str:  #: endpoint GET /curve clean
    return JWK.generate(kty="EC", crv="P-256").export()


@app.get("/later")
def later() -> None:  #: endpoint GET /later clean
    broker.client.ping()
