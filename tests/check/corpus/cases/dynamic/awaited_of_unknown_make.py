# A coroutine of a library that nobody knows: what is awaited waits on the loop, and hides nothing.
#: unresolved acme_oauth
import acme_oauth
from fastapi import FastAPI, Request

app = FastAPI()
oauth = acme_oauth.OAuth()


@app.get("/login")
async def login(request: Request):  #: endpoint GET /login clean
    return await oauth.google.authorize_redirect(request, "/callback")


@app.get("/callback")
async def callback(request: Request):  #: endpoint GET /callback unknown
    return oauth.google.fetch_user(request)
