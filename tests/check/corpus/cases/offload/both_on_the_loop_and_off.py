# One function, called in a thread by one endpoint and on the loop by another.
import asyncio
import zipfile

from fastapi import FastAPI

app = FastAPI()


def unpack(name: str) -> list[str]:
    with zipfile.ZipFile(name) as archive:
        archive.extractall("unpacked")
        return archive.namelist()


@app.post("/archives/{name}")
async def unpack_in_thread(name: str) -> list[str]:  #: endpoint POST /archives/{name} clean
    return await asyncio.to_thread(unpack, name)


@app.put("/archives/{name}")
async def unpack_here(name: str) -> list[str]:  #: endpoint PUT /archives/{name} blocks zipfile.ZipFile ZipFile.extractall
    return unpack(name)


@app.patch("/archives/{name}")
def unpack_sync(name: str) -> list[str]:  #: endpoint PATCH /archives/{name} clean on thread
    return unpack(name)
