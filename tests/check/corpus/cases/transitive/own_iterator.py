# `for` calls `__iter__` and `__next__` of a class of the project; so does a comprehension.
import requests
from fastapi import FastAPI

app = FastAPI()


class Pages:
    def __init__(self, url: str) -> None:
        self.url = url
        self.page = 0

    def __iter__(self) -> "Pages":
        return self

    def __next__(self) -> dict:
        self.page += 1
        answer = requests.get(self.url, params={"page": self.page}, timeout=5).json()
        if not answer["items"]:
            raise StopIteration
        return answer


@app.get("/loop")
async def in_a_loop() -> int:  #: endpoint GET /loop blocks requests.get=error
    seen = 0
    for page in Pages("https://api.example.org"):
        seen += len(page["items"])
    return seen


@app.get("/comprehension")
async def in_a_comprehension() -> list[int]:  #: endpoint GET /comprehension blocks requests.get=error
    return [len(page["items"]) for page in Pages("https://api.example.org")]
