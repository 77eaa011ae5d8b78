# A factory makes the app, its middleware, its handlers and its routes; uvicorn calls it.
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.middleware.cors import CORSMiddleware


@asynccontextmanager
async def lifespan(app: FastAPI):  #: lifespan clean
    yield {"name": "service"}


async def on_error(request: Request, error: Exception) -> JSONResponse:  #: exception_handler clean
    return JSONResponse({"detail": repr(error)}, status_code=500)


def create_app() -> FastAPI:
    app = FastAPI(lifespan=lifespan)
    app.add_middleware(CORSMiddleware, allow_origins=["*"])
    app.add_exception_handler(Exception, on_error)

    @app.get("/name")
    async def name(request: Request) -> str:  #: endpoint GET /name clean
        return request.state.name

    return app


app = create_app()
