# The class is made at run time, and its method is what a package says that is not here.
#: unresolved
import types

import acme_mixins
from fastapi import FastAPI

app = FastAPI()
Made = types.new_class("Made", (acme_mixins.base("client"),))


@app.get("/made")
async def made():  #: endpoint GET /made unknown
    return Made().fetch()
