# What is reached for certain is an error, though a shorter way to it is only possible.
import os
import time

from fastapi import FastAPI

app = FastAPI()
MODE = os.getenv("MODE", "near")


def work():
    time.sleep(1)


def middle():
    return work()


@app.get("/both")
async def both():  #: endpoint blocks time.sleep
    if MODE == "far":
        work()
    middle()  #! CW102 error


@app.get("/far")
async def far():  #: endpoint blocks time.sleep
    if MODE == "far":
        work()  #! CW102 warning
