# Files by aiofiles and AnyIO, and an upload that Starlette reads in a thread.
import aiofiles
import anyio
from fastapi import FastAPI, UploadFile
from fastapi.responses import FileResponse

app = FastAPI()


@app.put("/notes/{name}")
async def write(name: str, text: str) -> None:  #: endpoint PUT /notes/{name} clean
    async with aiofiles.open(f"data/{name}", "w") as file:
        await file.write(text)


@app.get("/notes/{name}/first")
async def first(name: str) -> str:  #: endpoint GET /notes/{name}/first clean
    async with await anyio.open_file(f"data/{name}") as file:
        return await file.readline()


@app.post("/uploads")
async def upload(file: UploadFile) -> int:  #: endpoint POST /uploads clean
    size = 0
    while chunk := await file.read(65536):
        size += len(chunk)
    await file.close()
    return size


@app.get("/download/{name}")
async def download(name: str) -> FileResponse:  #: endpoint GET /download/{name} clean
    return FileResponse(f"data/{name}", filename=name)
