# The function is chosen from a dictionary that the module writes out.
import shutil
import subprocess

from fastapi import FastAPI, HTTPException

app = FastAPI()


def pack(folder: str) -> str:
    return shutil.make_archive(folder, "zip", folder)


def publish(folder: str) -> str:
    return subprocess.check_output(["rsync", folder, "backup:/"], text=True)


ACTIONS = {"pack": pack, "publish": publish}
LABELS = {"pack": str.upper, "publish": str.title}


@app.post("/folders/{folder}/{action}")
async def act(folder: str, action: str):  #: endpoint POST /folders/{folder}/{action} blocks shutil.make_archive=warning subprocess.check_output=error
    if action not in ACTIONS:
        raise HTTPException(404)
    return ACTIONS[action](folder)


@app.get("/labels/{action}")
async def label(action: str):  #: endpoint GET /labels/{action} clean
    return LABELS[action](action)
