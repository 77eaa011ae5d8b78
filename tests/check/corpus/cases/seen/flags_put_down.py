# What stands behind a flag that it puts down runs once; a flag that is raised again lets it run again.
import time

from fastapi import FastAPI

app = FastAPI()


class Puller:
    def __init__(self) -> None:
        self.first = True
        self.dirty = True

    async def pull(self) -> None:
        if self.first:
            time.sleep(3)
            self.first = False

    async def refresh(self) -> None:
        if self.dirty:
            time.sleep(3)
            self.dirty = False

    def touch(self) -> None:
        self.dirty = True


puller = Puller()


@app.get("/pull")
async def pull() -> None:  #: endpoint GET /pull blocks time.sleep=warning
    await puller.pull()


@app.get("/refresh")
async def refresh() -> None:  #: endpoint GET /refresh blocks time.sleep=error
    await puller.refresh()
    puller.touch()
