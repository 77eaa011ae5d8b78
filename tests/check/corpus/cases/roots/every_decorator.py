# One endpoint for each method, `api_route`, a websocket and a path with a converter.
import time

from fastapi import FastAPI, WebSocket

app = FastAPI()


@app.get("/a")
async def on_get() -> None:  #: endpoint GET /a blocks time.sleep
    time.sleep(1)


@app.post("/a")
async def on_post() -> None:  #: endpoint POST /a blocks time.sleep
    time.sleep(1)


@app.put("/a")
async def on_put() -> None:  #: endpoint PUT /a blocks time.sleep
    time.sleep(1)


@app.patch("/a")
async def on_patch() -> None:  #: endpoint PATCH /a blocks time.sleep
    time.sleep(1)


@app.delete("/a")
async def on_delete() -> None:  #: endpoint DELETE /a blocks time.sleep
    time.sleep(1)


@app.head("/a")
async def on_head() -> None:  #: endpoint HEAD /a blocks time.sleep
    time.sleep(1)


@app.options("/a")
async def on_options() -> None:  #: endpoint OPTIONS /a blocks time.sleep
    time.sleep(1)


@app.trace("/a")
async def on_trace() -> None:  #: endpoint TRACE /a blocks time.sleep
    time.sleep(1)


@app.api_route("/b", methods=["GET", "POST"])
async def on_both() -> None:  #: endpoint GET /b, POST /b blocks time.sleep
    time.sleep(1)


@app.get("/files/{path:path}")
async def on_path(path: str) -> str:  #: endpoint GET /files/{path} clean
    return path


@app.websocket("/ws/{room}")
async def on_socket(websocket: WebSocket, room: str) -> None:  #: websocket WS /ws/{room} blocks time.sleep
    await websocket.accept()
    time.sleep(1)
    await websocket.close()
