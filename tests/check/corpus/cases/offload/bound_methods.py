# Methods of objects are handed over: on `self`, through an attribute, of a library's object.
import asyncio
from typing import Annotated

import boto3
from fastapi import Depends, FastAPI
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

app = FastAPI()
engine = create_engine("sqlite://")


class Files:
    def __init__(self) -> None:
        self.s3 = boto3.client("s3")

    def read(self, key: str) -> bytes:
        return self.s3.get_object(Bucket="files", Key=key)["Body"].read()

    async def read_async(self, key: str) -> bytes:
        return await asyncio.to_thread(self.read, key)

    async def delete(self, key: str) -> None:
        await run_in_threadpool(self.s3.delete_object, Bucket="files", Key=key)


def files() -> Files:  #: dependency clean on thread
    return Files()


@app.get("/files/{key}")
async def read(key: str, store: Annotated[Files, Depends(files)]) -> int:  #: endpoint GET /files/{key} clean
    return len(await store.read_async(key))


@app.delete("/files/{key}")
async def delete(key: str, store: Annotated[Files, Depends(files)]) -> None:  #: endpoint DELETE /files/{key} clean
    await store.delete(key)


@app.get("/one")
async def one() -> int:  #: endpoint GET /one clean
    with_session = Session(engine)
    return await asyncio.to_thread(with_session.scalar, text("select 1"))
