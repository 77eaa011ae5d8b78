# A method of the same name that is an `async def` is no candidate for a call that nobody awaits.
#: unresolved
import asyncio
import json
import time
from typing import Any

import acme
from fastapi import FastAPI

app = FastAPI()
environment = acme.Environment()


class Notification:
    async def render(self, action: Any) -> list[Any]:  #:? task blocks time.sleep
        time.sleep(1)
        return [action]


def render_template(template: str, context: dict[str, Any]) -> Any:
    loaded = environment.from_string(template)
    return loaded.render(context)


@app.post("/text")
async def text(body: dict[str, Any]) -> str:  #: endpoint POST /text unknown
    made = render_template(body["template"], {})
    return json.dumps(made)


@app.post("/awaited")
async def awaited(body: dict[str, Any]) -> Any:  #: endpoint POST /awaited blocks time.sleep=warning
    return await environment.pick(body).render(body)


@app.post("/gathered")
async def gathered(body: dict[str, Any]) -> Any:  #: endpoint POST /gathered blocks time.sleep
    return await asyncio.gather(environment.pick(body).render(body))


@app.post("/kept")
async def kept(body: dict[str, Any]) -> None:  #: endpoint POST /kept clean
    json.dumps({"made": Notification().render(body)})  #! CW201
