# An ordinary service with every kind of root, none of which blocks.
import asyncio
from contextlib import asynccontextmanager
from typing import Annotated

import httpx
from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI, HTTPException, Request, WebSocket
from fastapi.responses import JSONResponse
from pydantic import BaseModel


class NotFound(Exception):
    pass


class Item(BaseModel):
    name: str
    price: int


@asynccontextmanager
async def lifespan(app: FastAPI):  #: lifespan clean
    app.state.items = {}
    yield
    app.state.items.clear()


app = FastAPI(lifespan=lifespan)
router = APIRouter(prefix="/items")


@app.exception_handler(NotFound)
async def not_found(request: Request, error: NotFound) -> JSONResponse:  #: exception_handler clean
    return JSONResponse({"detail": "no such item"}, status_code=404)


@app.middleware("http")
async def add_header(request: Request, call_next):  #: middleware clean
    response = await call_next(request)
    response.headers["X-Service"] = "items"
    return response


async def items(request: Request) -> dict[str, Item]:  #: dependency clean
    return request.app.state.items


Items = Annotated[dict[str, Item], Depends(items)]


async def announce(name: str) -> None:  #: background_task clean
    async with httpx.AsyncClient() as client:
        await client.post("https://hooks.example.org", json={"name": name})


@router.get("/{name}")
async def read(name: str, known: Items) -> Item:  #: endpoint GET /items/{name} clean
    if name not in known:
        raise NotFound
    return known[name]


@router.post("/", status_code=201)
async def create(item: Item, known: Items, tasks: BackgroundTasks) -> Item:  #: endpoint POST /items/ clean
    if item.price < 0:
        raise HTTPException(422, "negative price")
    known[item.name] = item
    tasks.add_task(announce, item.name)
    return item


@router.websocket("/feed")
async def feed(websocket: WebSocket) -> None:  #: websocket WS /items/feed clean
    await websocket.accept()
    async for text in websocket.iter_text():
        await asyncio.sleep(0.1)
        await websocket.send_text(text.upper())


app.include_router(router)
