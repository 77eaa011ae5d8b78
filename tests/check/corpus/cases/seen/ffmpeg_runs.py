# ffmpeg-python builds a command by a chain of calls; `run` starts the process and waits, `compile` does not.
import ffmpeg
from fastapi import FastAPI

app = FastAPI()


@app.post("/convert")
async def convert() -> int:  #: endpoint POST /convert blocks run=error
    out, _ = ffmpeg.input("pipe:", threads=0).output("-", format="s16le").run(capture_stdout=True, input=b"")
    return len(out)


@app.get("/probe")
async def probe() -> dict[str, object]:  #: endpoint GET /probe blocks ffmpeg.probe=error
    return ffmpeg.probe("a.mp3")


@app.get("/command")
async def command() -> list[str]:  #: endpoint GET /command clean
    return ffmpeg.input("a.mp3").output("b.wav").compile()
