# Azure's `aio` package has classes of the same names.
from azure.storage.blob.aio import BlobServiceClient
from fastapi import FastAPI

app = FastAPI()


@app.put("/azure/{key}")
async def to_azure(key: str, text: str) -> None:  #: endpoint PUT /azure/{key} clean
    async with BlobServiceClient.from_connection_string("UseDevelopmentStorage=true") as azure:
        await azure.get_blob_client("files", key).upload_blob(text, overwrite=True)
