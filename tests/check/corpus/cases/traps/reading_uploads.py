# Forms, bodies, cookies and streams of a request are awaited or in memory.
import csv
import io
from typing import Annotated

from fastapi import Cookie, FastAPI, File, Form, Request, Response

app = FastAPI()


@app.post("/table")
async def table(file: Annotated[bytes, File()], name: Annotated[str, Form()] = "") -> list[dict[str, str]]:  #: endpoint POST /table clean
    return list(csv.DictReader(io.StringIO(file.decode())))


@app.post("/raw")
async def raw(request: Request, response: Response, session: Annotated[str | None, Cookie()] = None) -> int:  #: endpoint POST /raw clean
    size = len(await request.body())
    form = await request.form()
    response.set_cookie("session", session or "new", httponly=True)
    return size + len(form)


@app.post("/chunks")
async def chunks(request: Request) -> int:  #: endpoint POST /chunks clean
    return sum([len(chunk) async for chunk in request.stream()])
