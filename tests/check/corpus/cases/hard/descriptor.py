# A descriptor of the project's own fetches when the attribute is read.
import sqlite3

from fastapi import FastAPI

app = FastAPI()


class Setting:
    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: type) -> str:
        row = sqlite3.connect("settings.db").execute("select value from settings where name = ?", (self.name,))
        return row.fetchone()[0]


class Constant:
    def __init__(self, value: str) -> None:
        self.value = value

    def __get__(self, instance: object, owner: type) -> str:
        return self.value


class Settings:
    greeting = Setting()
    version = Constant("1")


settings = Settings()


@app.get("/greeting")
async def greeting() -> str:  #: endpoint GET /greeting blocks sqlite3.connect Connection.execute …
    return settings.greeting


@app.get("/version")
async def version() -> str:  #: endpoint GET /version clean
    return settings.version
