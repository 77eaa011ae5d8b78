# Objects that look like files but live in memory.
import io
import tempfile
import zipfile

from fastapi import FastAPI

app = FastAPI()


@app.get("/csv")
async def csv() -> str:  #: endpoint GET /csv clean
    buffer = io.StringIO()
    buffer.write("a;b\n")
    buffer.seek(0)
    return buffer.read()


@app.get("/bytes")
async def size() -> int:  #: endpoint GET /bytes clean
    with io.BytesIO(b"abc") as buffer:
        buffer.write(b"def")
        return len(buffer.getvalue())


@app.get("/spool")
async def spool() -> str:  #: endpoint GET /spool clean
    with tempfile.SpooledTemporaryFile(max_size=1024, mode="w+") as file:
        file.write("small")
        file.seek(0)
        return file.read()
