# Coroutines that nobody awaits, in the shapes that no type checker reports.
from fastapi import FastAPI

app = FastAPI()


async def notify(user: str) -> bool:
    return bool(user)


@app.post("/bare")
async def bare(user: str) -> None:  #: endpoint POST /bare clean
    notify(user)  #! CW201 error


@app.post("/assigned")
async def assigned(user: str) -> str:  #: endpoint POST /assigned clean
    sent = notify(user)  #! CW201 error
    return user


@app.post("/underscore")
async def underscore(user: str) -> str:  #: endpoint POST /underscore clean
    _ = notify(user)  #! CW201 error
    return user


@app.post("/printed")
async def printed(user: str) -> None:  #: endpoint POST /printed clean
    print(notify(user))  #! CW201 error


@app.post("/formatted")
async def formatted(user: str) -> str:  #: endpoint POST /formatted clean
    return f"sent: {notify(user)}"  #! CW201 error


@app.post("/condition")
async def condition(user: str) -> str:  #: endpoint POST /condition clean
    if notify(user):  #! CW201 error
        return "sent"
    return "failed"


@app.post("/comprehension")
async def comprehension(users: list[str]) -> None:  #: endpoint POST /comprehension clean
    [notify(user) for user in users]  #! CW201 error
