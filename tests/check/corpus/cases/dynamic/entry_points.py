# Handlers come from entry points of whatever is installed.
#: unresolved
from importlib.metadata import entry_points

from fastapi import FastAPI

app = FastAPI()
HANDLERS = {}


def handlers():
    if not HANDLERS:
        for entry in entry_points(group="service.handlers"):
            HANDLERS[entry.name] = entry.load()
    return HANDLERS


@app.post("/events/{name}")
async def event(name: str, text: str):  #: endpoint POST /events/{name} unknown
    return handlers()[name](text)
