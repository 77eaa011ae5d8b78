# `functools.partial` called later on the loop.
import functools
import subprocess

from fastapi import FastAPI

app = FastAPI()
git = functools.partial(subprocess.check_output, text=True, cwd="/srv/repository")


def resized(width: int, height: int, scale: float) -> tuple[int, int]:
    return int(width * scale), int(height * scale)


half = functools.partial(resized, scale=0.5)


@app.get("/head")
async def head() -> str:  #: endpoint GET /head blocks subprocess.check_output=error
    return git(["git", "rev-parse", "HEAD"])


@app.get("/half")
async def half_size(width: int, height: int) -> tuple[int, int]:  #: endpoint GET /half clean
    return half(width, height)
