# Which function handles the error is known when the service runs only: that is counted.
#: unresolved
import sys
from typing import Any

from fastapi import FastAPI, Request, Response

PREFIX = "on_"


async def on_missing(request: Request, error: Any) -> Response:
    return Response(status_code=404)


app = FastAPI()
app.add_exception_handler(KeyError, vars(sys.modules[__name__])[PREFIX + "missing"])


@app.get("/items")
async def items() -> list[int]:  #: endpoint GET /items clean
    return []
