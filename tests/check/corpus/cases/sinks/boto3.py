# boto3's factories: what `client("s3")` and `resource("dynamodb")` give is known by the service's name.
import boto3
from fastapi import FastAPI

app = FastAPI()
s3 = boto3.client("s3", region_name="eu-west-1")
session = boto3.session.Session(profile_name="prod")


@app.put("/files/{key}")
async def upload(key: str, text: str) -> str:  #: endpoint PUT /files/{key} blocks …
    return s3.put_object(Bucket="files", Key=key, Body=text.encode())["ETag"]  #! CW101 error


@app.get("/files/{key}/link")
async def link(key: str) -> str:  #: endpoint GET /files/{key}/link clean
    return s3.generate_presigned_url("get_object", Params={"Bucket": "files", "Key": key})


@app.get("/users/{name}")
async def user(name: str):  #: endpoint GET /users/{name} blocks …
    table = session.resource("dynamodb").Table("users")
    return table.get_item(Key={"name": name})["Item"]  #! CW101 error
