# How long a call waits stands in a constant; where it does not, or where it may be another one, it can take seconds.
import os
import threading
import time

from fastapi import FastAPI

app = FastAPI()
ready = threading.Event()
lock = threading.Lock()
SHORT = 0.001
FLAG = os.WNOHANG


def back_off() -> None:
    delay = 0.001
    for _ in range(10):
        time.sleep(delay)
        delay *= 2


@app.get("/short")
async def short() -> None:  #: endpoint GET /short clean
    time.sleep(SHORT)
    ready.wait(timeout=0.002)
    ready.wait(0)


@app.get("/polls")
async def polls() -> None:  #: endpoint GET /polls blocks time.sleep=error
    while not ready.is_set():
        time.sleep(0.001)


@app.get("/some")
async def some() -> None:  #: endpoint GET /some blocks time.sleep=warning
    time.sleep(0.01)


@app.get("/threshold")
async def threshold() -> None:  #: endpoint GET /threshold blocks time.sleep=error
    time.sleep(0.02)


@app.get("/growing")
async def growing() -> None:  #: endpoint GET /growing blocks time.sleep=error
    back_off()


@app.get("/waiting")
async def waiting() -> None:  #: endpoint GET /waiting blocks Event.wait=error
    ready.wait(timeout=3)


@app.get("/perhaps/{wait}")
async def perhaps(wait: bool) -> None:  #: endpoint GET /perhaps/{wait} blocks Lock.acquire=error
    blocking = False
    if wait:
        blocking = True
    lock.acquire(blocking=blocking)
    lock.release()


@app.get("/child")
async def child() -> None:  #: endpoint GET /child clean
    os.waitpid(1, FLAG)


@app.get("/child/{patient}")
async def patient_child(patient: bool) -> None:  #: endpoint GET /child/{patient} blocks os.waitpid=error
    os.waitpid(1, 0 if patient else os.WNOHANG)
