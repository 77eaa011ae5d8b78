# The method comes from a mixin, its attribute from the class that uses it.
import requests
from fastapi import FastAPI

app = FastAPI()


class HttpMixin:
    session: requests.Session

    def ask(self, path: str) -> str:
        return self.session.get(f"https://example.org/{path}", timeout=2).text


class LabelMixin:
    label: str

    def labelled(self, text: str) -> str:
        return f"{self.label}: {text}"


class Service(HttpMixin, LabelMixin):
    def __init__(self) -> None:
        self.session = requests.Session()
        self.label = "service"


service = Service()


@app.get("/ask/{path}")
async def ask(path: str) -> str:  #: endpoint GET /ask/{path} blocks Session.get=error
    return service.ask(path)


@app.get("/label/{text}")
async def label(text: str) -> str:  #: endpoint GET /label/{text} clean
    return service.labelled(text)
