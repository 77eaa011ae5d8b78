# The service lies in `backend/`, beside folders that are no Python.
#: file README.md
#| # A service with a front end
#: file frontend/package.json
#| {"name": "frontend"}
#: file backend/app/__init__.py
#: file backend/app/core/__init__.py
#: file backend/app/core/mail.py
def subject(name: str) -> str:
    return f"Welcome, {name}"
#: file backend/app/main.py
from fastapi import FastAPI

from app.core.mail import subject

app = FastAPI()


@app.get("/subject/{name}")
async def read_subject(name: str) -> str:  #: endpoint GET /subject/{name} clean
    return subject(name)
