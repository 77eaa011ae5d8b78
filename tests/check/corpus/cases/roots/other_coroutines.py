# With `--all` every other `async def` is a root as well.
#: arguments --all
import asyncio
import time


class Worker:
    async def step(self) -> None:  #: other blocks time.sleep=error
        time.sleep(1)

    async def rest(self) -> None:  #: other clean
        await asyncio.sleep(1)


async def main() -> None:  #: other blocks time.sleep=error
    worker = Worker()
    await worker.step()
    await worker.rest()


def script() -> None:
    time.sleep(1)


if __name__ == "__main__":
    asyncio.run(main())
