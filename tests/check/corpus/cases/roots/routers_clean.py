# Routers in routers, mounted apps, routes added by hand, a websocket: the paths are right and all is clean.
#: file app/__init__.py
#: file app/items.py
from fastapi import APIRouter

router = APIRouter(prefix="/items")
nested = APIRouter(prefix="/{item_id}/tags")


@router.get("/{item_id}")
async def item(item_id: int) -> int:  #: endpoint GET /api/v1/items/{item_id} clean
    return item_id


@nested.get("/")
async def tags(item_id: int) -> list[str]:  #: endpoint GET /api/v1/items/{item_id}/tags/ clean
    return []


router.include_router(nested)
#: file app/main.py
from fastapi import APIRouter, FastAPI, WebSocket

from app import items

app = FastAPI()
api = APIRouter()
api.include_router(items.router, prefix="/v1")
app.include_router(api, prefix="/api")
metrics = FastAPI(openapi_url=None)
app.mount("/metrics", metrics)


async def ready() -> bool:  #: endpoint GET /ready, PUT /ready clean
    return True


app.add_api_route("/ready", ready, methods=["GET", "PUT"])


@metrics.get("/")
async def numbers() -> dict[str, int]:  #: endpoint GET /metrics/ clean
    return {}


@app.websocket("/ws")
async def socket(websocket: WebSocket) -> None:  #: websocket WS /ws clean
    await websocket.accept()
    await websocket.close()
