# Quotes, lines and comments within f-strings, with calls in them.
#: newer 3.12
import subprocess

from fastapi import FastAPI

app = FastAPI()


def head() -> str:
    return subprocess.check_output(["git", "rev-parse", "HEAD"], text=True)


@app.get("/version")
async def version() -> str:  #: endpoint GET /version blocks subprocess.check_output=error
    return f"{"service"}-{head()[:8]}"  #! CW102 error


@app.get("/names")
async def names(name: str) -> str:  #: endpoint GET /names clean
    parts = {"first": name.title()}
    return f"{parts["first"]} {", ".join([
        f"{part!r}"  # one for each
        for part in parts
    ])}"
