# A plugin is imported by a name that a configuration file gives.
#: unresolved
import importlib
import json

from fastapi import FastAPI

app = FastAPI()


def plugin():
    name = json.loads('{"plugin": "billing"}')["plugin"]
    return importlib.import_module(f"plugins.{name}")


@app.get("/bill")
async def bill():  #: endpoint GET /bill unknown
    return plugin().run()
