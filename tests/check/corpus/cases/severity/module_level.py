# What a module does when it is imported happens before anyone is served.
import subprocess
import sys
from pathlib import Path

from fastapi import FastAPI

VERSION = Path("VERSION").read_text() if Path("VERSION").exists() else "0"
REVISION = subprocess.run([sys.executable, "--version"], capture_output=True).stdout.decode()
app = FastAPI(title=f"service {VERSION}")


@app.get("/version")
async def version() -> str:  #: endpoint GET /version clean
    return f"{VERSION} {REVISION}"
