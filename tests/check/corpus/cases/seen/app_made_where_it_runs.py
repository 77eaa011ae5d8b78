# An app that a module makes under `if __name__ == "__main__":` is one like others; what else stands there is not run.
import time

from fastapi import FastAPI
from uvicorn import run

if __name__ == "__main__":
    app = FastAPI()

    @app.get("/slow")
    async def slow() -> None:  #: endpoint GET /slow blocks time.sleep=error
        time.sleep(1)

    @app.get("/fast")
    async def fast() -> None:  #: endpoint GET /fast clean
        pass

    run(app, host="127.0.0.1", port=8000)
