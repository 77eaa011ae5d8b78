# aioboto3 mirrors boto3, inside `async with`.
import aioboto3
from fastapi import FastAPI

app = FastAPI()
session = aioboto3.Session()


@app.put("/files/{key}")
async def upload(key: str, text: str) -> str:  #: endpoint PUT /files/{key} clean
    async with session.client("s3") as s3:
        answer = await s3.put_object(Bucket="files", Key=key, Body=text.encode())
        return answer["ETag"]


@app.get("/users/{name}")
async def user(name: str):  #: endpoint GET /users/{name} clean
    async with session.resource("dynamodb") as dynamodb:
        table = await dynamodb.Table("users")
        answer = await table.get_item(Key={"name": name})
        return answer["Item"]
