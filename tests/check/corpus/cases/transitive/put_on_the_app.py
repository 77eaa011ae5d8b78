# Start-up puts an object on the app itself, not on its state.
import requests
from fastapi import FastAPI

app = FastAPI()


class Tools:
    def run(self, name: str) -> str:
        return requests.get(f"https://tools.example.org/{name}", timeout=5).text

    def names(self) -> list[str]:
        return ["search"]


@app.on_event("startup")
async def startup() -> None:  #: lifespan clean
    app.tools = Tools()


@app.get("/tools/{name}")
async def use(name: str) -> str:  #: endpoint GET /tools/{name} blocks requests.get=error
    return app.tools.run(name)


@app.get("/tools")
async def listed() -> list[str]:  #: endpoint GET /tools clean
    return app.tools.names()
