# Path arithmetic asks no file system.
import os.path
import posixpath
from pathlib import Path, PurePosixPath

from fastapi import FastAPI

app = FastAPI()
BASE = Path("/srv/media")


@app.get("/names/{name}")
async def names(name: str) -> dict[str, str]:  #: endpoint GET /names/{name} clean
    path = BASE / "images" / name
    return {
        "stem": path.stem,
        "suffix": path.suffix.lstrip("."),
        "parent": path.parent.as_posix(),
        "webp": str(path.with_suffix(".webp")),
        "relative": str(path.relative_to(BASE)),
    }


@app.get("/joined/{name}")
async def joined(name: str) -> str:  #: endpoint GET /joined/{name} clean
    root, extension = os.path.splitext(posixpath.normpath(os.path.join("/srv", name)))
    return str(PurePosixPath(os.path.basename(root)).joinpath(extension))
