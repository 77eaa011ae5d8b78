# The idiom for uploads: `shutil.copyfileobj` from the upload's own file to disk, on the loop.
import shutil
from pathlib import Path

from fastapi import FastAPI, UploadFile

app = FastAPI()


@app.post("/uploads")
async def upload(file: UploadFile) -> str:  #: endpoint POST /uploads blocks shutil.copyfileobj=warning …
    target = Path("uploads") / (file.filename or "unnamed")
    with target.open("wb") as out:
        shutil.copyfileobj(file.file, out)
    return target.name


@app.post("/uploads/sync")
def upload_in_thread(file: UploadFile) -> str:  #: endpoint POST /uploads/sync clean on thread
    with open(f"uploads/{file.filename}", "wb") as out:
        shutil.copyfileobj(file.file, out)
    return file.filename or ""
