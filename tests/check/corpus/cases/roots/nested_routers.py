# Routers within routers: the route's path is put together from every prefix on the way.
#: file app/__init__.py
#: file app/routes/__init__.py
#: file app/routes/orders.py
import time

from fastapi import APIRouter

router = APIRouter(prefix="/orders", tags=["orders"])


@router.get("/{order_id}")
async def read_order(order_id: int):  #: endpoint GET /api/v1/orders/{order_id} blocks time.sleep
    time.sleep(1)
    return order_id


@router.get("")
async def list_orders():  #: endpoint GET /api/v1/orders clean
    return []
#: file app/routes/api.py
from fastapi import APIRouter

from app.routes import orders

api_router = APIRouter(prefix="/v1")
api_router.include_router(orders.router)
#: file app/main.py
from fastapi import FastAPI

from app.routes.api import api_router

app = FastAPI()
app.include_router(api_router, prefix="/api")
