# Waiting for the keyboard.
import getpass

from fastapi import FastAPI

app = FastAPI()


@app.post("/confirm")
async def confirm() -> bool:  #: endpoint POST /confirm blocks input=error
    return input("sure? ") == "y"


@app.post("/unlock")
async def unlock() -> bool:  #: endpoint POST /unlock blocks getpass.getpass=error
    return getpass.getpass() == "secret"
