# More shapes of a forgotten `await`: methods, comparisons, `not`, `and`, a conditional assignment.
from fastapi import FastAPI

app = FastAPI()


class Users:
    async def exists(self, name: str) -> bool:
        return bool(name)

    async def rename(self, name: str) -> None:
        self.name = name


users = Users()


async def role(name: str) -> str:
    return "admin"


@app.post("/rename")
async def rename(name: str) -> None:  #: endpoint POST /rename clean
    users.rename(name)  #! CW201 error


@app.get("/missing")
async def missing(name: str) -> str:  #: endpoint GET /missing clean
    if not users.exists(name):  #! CW201 error
        return "missing"
    return "there"


@app.get("/both")
async def both(name: str) -> str:  #: endpoint GET /both clean
    if name and users.exists(name):  #! CW201 error
        return "both"
    return "none"


@app.get("/admin")
async def admin(name: str) -> bool:  #: endpoint GET /admin clean
    return role(name) == "admin"  #! CW201 error


@app.get("/choice")
async def choice(name: str) -> str:  #: endpoint GET /choice clean
    chosen = role(name) if name else role("nobody")  #! CW201 error
    return "chosen"
