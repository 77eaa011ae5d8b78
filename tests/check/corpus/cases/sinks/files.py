# Files that are read and written: a warning, not an error.
import gzip
import os
import shutil
import tarfile
import tempfile
from pathlib import Path

from fastapi import FastAPI

app = FastAPI()
DATA = Path("data")


@app.put("/notes/{name}")
async def write(name: str, text: str) -> None:  #: endpoint PUT /notes/{name} blocks Path.write_text=warning
    (DATA / name).with_suffix(".txt").write_text(text)


@app.get("/notes/{name}/first")
async def first(name: str) -> str:  #: endpoint GET /notes/{name}/first blocks open|Path.open=warning …
    with (DATA / name).open() as file:
        return file.readline()


@app.get("/notes")
async def names() -> list[str]:  #: endpoint GET /notes blocks os.listdir=warning
    return os.listdir(DATA)


@app.post("/copies/{name}")
async def copy(name: str) -> str:  #: endpoint POST /copies/{name} blocks shutil.copy2=warning
    return shutil.copy2(DATA / name, "copies")


@app.delete("/copies")
async def clear() -> None:  #: endpoint DELETE /copies blocks shutil.rmtree=warning
    shutil.rmtree("copies", ignore_errors=True)


@app.post("/archives/{name}")
async def pack(name: str) -> None:  #: endpoint POST /archives/{name} blocks tarfile.open=warning …
    with tarfile.open(f"{name}.tar.gz", "w:gz") as archive:
        archive.add(DATA / name)


@app.get("/compressed/{name}")
async def compressed(name: str) -> int:  #: endpoint GET /compressed/{name} blocks gzip.open=warning …
    with gzip.open(DATA / f"{name}.gz") as file:
        return len(file.read())


@app.post("/scratch")
async def scratch() -> str:  #: endpoint POST /scratch blocks tempfile.NamedTemporaryFile=warning …
    with tempfile.NamedTemporaryFile("w", delete=False) as file:
        file.write("scratch")
        return file.name
