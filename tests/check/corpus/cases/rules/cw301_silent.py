# Nothing to advise: `async def` that awaits nothing and does not block, and `def` that blocks.
#: silent CW301
import time

from fastapi import FastAPI

app = FastAPI()


@app.get("/quick")
async def quick() -> str:  #: endpoint GET /quick clean
    return "quick"


@app.get("/def")
def by_def() -> str:  #: endpoint GET /def clean
    time.sleep(1)
    return "slow"
