# Archives, images and tables that are read from and written to memory: small, and no file system.
import base64
import csv
import io
import zlib

from fastapi import FastAPI, Response

app = FastAPI()


@app.get("/report.csv")
async def report() -> Response:  #: endpoint GET /report.csv clean
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(["a", "b"])
    writer.writerows([[1, 2], [3, 4]])
    return Response(buffer.getvalue(), media_type="text/csv")


@app.get("/checksum")
async def checksum(text: str) -> int:  #: endpoint GET /checksum clean
    with io.TextIOWrapper(io.BytesIO(base64.b64encode(text.encode())), "ascii") as reader:
        return zlib.crc32(reader.read().encode())
