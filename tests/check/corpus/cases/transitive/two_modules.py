# An endpoint calls a function of another module, which fetches.
#: file app/__init__.py
#: file app/weather.py
import requests

API = "https://api.example.org/v2"


def current(city: str) -> dict:
    response = requests.get(f"{API}/current", params={"q": city}, timeout=5)
    response.raise_for_status()
    return response.json()
#: file app/main.py
from fastapi import FastAPI

from app.weather import current

app = FastAPI()


@app.get("/weather/{city}")
async def weather(city: str) -> dict:  #: endpoint GET /weather/{city} blocks requests.get=error
    return current(city)  #! CW102 error requests.get


@app.get("/cities")
async def cities() -> list[str]:  #: endpoint GET /cities clean
    return ["Oslo", "Lima"]
