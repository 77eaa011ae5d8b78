# An object is made with its client, and its methods become endpoints in a loop over pairs.
import requests
from fastapi import FastAPI


class Proxy:
    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.session = requests.Session()

    async def users(self) -> str:  #: endpoint blocks Session.get=error
        return self.session.get(f"{self.upstream}/users", timeout=2).text

    async def name(self) -> str:  #: endpoint clean
        return self.upstream


app = FastAPI()
proxy = Proxy("https://upstream.example.org")
for path, endpoint in (("/users", proxy.users), ("/name", proxy.name)):
    app.add_api_route(path, endpoint)
