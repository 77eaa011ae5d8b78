# A Protocol stands in the annotation; the only class that fits it blocks.
from typing import Annotated, Protocol

import boto3
from fastapi import Depends, FastAPI

app = FastAPI()


class Store(Protocol):
    def fetch(self, key: str) -> bytes: ...


class S3Store:
    def __init__(self, bucket: str) -> None:
        self.client = boto3.client("s3")
        self.bucket = bucket

    def fetch(self, key: str) -> bytes:
        return self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()


def get_store() -> Store:  #: dependency clean on thread
    return S3Store("documents")


@app.get("/documents/{key}")
async def document(key: str, store: Annotated[Store, Depends(get_store)]):  #: endpoint GET /documents/{key} blocks
    return {"size": len(store.fetch(key))}  #! CW102 error
