# A thread of its own, started and not waited for.
import threading
import time

from fastapi import FastAPI

app = FastAPI()


def refresh(name: str) -> None:
    time.sleep(60)


class Refresher(threading.Thread):
    def run(self) -> None:
        time.sleep(60)


@app.post("/refresh/{name}")
async def start(name: str) -> None:  #: endpoint POST /refresh/{name} clean
    threading.Thread(target=refresh, args=(name,), daemon=True).start()


@app.post("/refresh")
async def start_own() -> None:  #: endpoint POST /refresh clean
    Refresher(daemon=True).start()


@app.post("/later")
async def start_later() -> None:  #: endpoint POST /later clean
    timer = threading.Timer(5, refresh, args=("later",))
    timer.start()
