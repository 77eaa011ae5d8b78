# Google Cloud Storage and Azure Blob Storage.
from azure.storage.blob import BlobServiceClient
from fastapi import FastAPI
from google.cloud import storage

app = FastAPI()
gcs = storage.Client()
azure = BlobServiceClient.from_connection_string("UseDevelopmentStorage=true")


@app.get("/gcs/{key}")
async def from_gcs(key: str) -> int:  #: endpoint GET /gcs/{key} blocks Blob.download_as_bytes=error
    return len(gcs.bucket("files").blob(key).download_as_bytes())


@app.put("/azure/{key}")
async def to_azure(key: str, text: str) -> None:  #: endpoint PUT /azure/{key} blocks BlobClient.upload_blob=error
    azure.get_blob_client("files", key).upload_blob(text, overwrite=True)


@app.get("/azure/{key}/url")
async def url(key: str) -> str:  #: endpoint GET /azure/{key}/url clean
    return azure.get_blob_client("files", key).url
