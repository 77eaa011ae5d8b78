# The receiver has no annotation: its class is known only because a constructor was called.
import subprocess

from fastapi import FastAPI

app = FastAPI()


class Converter:
    def __init__(self, quality: int) -> None:
        self.quality = quality

    def to_pdf(self, name: str) -> int:
        return subprocess.run(["soffice", "--convert-to", "pdf", name]).returncode

    def describe(self) -> str:
        return f"quality {self.quality}"


def make(quality):
    return Converter(quality)


@app.post("/convert")
async def convert(name: str):  #: endpoint POST /convert blocks subprocess.run=error
    converter = make(80)
    return {"code": converter.to_pdf(name)}


@app.get("/quality")
async def quality():  #: endpoint GET /quality clean
    return make(80).describe()
