# Without `--all` a coroutine that no framework calls is nobody's root.
import asyncio
import time

from fastapi import FastAPI

app = FastAPI()


async def main() -> None:
    time.sleep(1)


@app.get("/")
async def index() -> str:  #: endpoint GET / clean
    return "index"


if __name__ == "__main__":
    asyncio.run(main())
