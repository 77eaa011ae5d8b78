# A client kept on `self` since `__init__`, used by a method that the endpoint calls.
import requests
from fastapi import FastAPI

app = FastAPI()


class GitHub:
    def __init__(self, token: str) -> None:
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"

    def stars(self, repository: str) -> int:
        answer = self.session.get(f"https://api.github.com/repos/{repository}", timeout=10)
        return answer.json()["stargazers_count"]


github = GitHub("secret")


@app.get("/stars/{owner}/{name}")
async def stars(owner: str, name: str) -> int:  #: endpoint GET /stars/{owner}/{name} blocks Session.get=error
    return github.stars(f"{owner}/{name}")  #! CW102
