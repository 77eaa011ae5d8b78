# Starlette serves static files and WSGI apps in threads.
from fastapi import FastAPI
from fastapi.responses import FileResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles

app = FastAPI()
app.mount("/static", StaticFiles(directory=".", check_dir=False), name="static")


@app.get("/")
async def index() -> RedirectResponse:  #: endpoint GET / clean
    return RedirectResponse("/static/index.html")


@app.get("/favicon.ico", include_in_schema=False)
async def favicon() -> FileResponse:  #: endpoint GET /favicon.ico clean
    return FileResponse("favicon.ico", media_type="image/x-icon")
