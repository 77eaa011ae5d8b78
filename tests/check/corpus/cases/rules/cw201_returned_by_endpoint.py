# An endpoint returns the coroutine itself: FastAPI would try to make JSON of it.
from fastapi import FastAPI

app = FastAPI()


async def load(item_id: int) -> dict[str, int]:
    return {"id": item_id}


@app.get("/items/{item_id}")
async def item(item_id: int):  #: endpoint GET /items/{item_id} clean
    return load(item_id)  #! CW201 error


@app.get("/sync/{item_id}")
def sync_item(item_id: int):  #: endpoint GET /sync/{item_id} clean
    return load(item_id)  #!? CW201 error


@app.get("/right/{item_id}")
async def right(item_id: int):  #: endpoint GET /right/{item_id} clean
    return await load(item_id)
