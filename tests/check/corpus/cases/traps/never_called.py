# Functions that block and that nobody calls from the loop: a script, a test's helper, a command.
import sys
import time

import requests
from fastapi import FastAPI

app = FastAPI()


def import_everything() -> None:
    for page in range(100):
        requests.get("https://old.example.org", params={"page": page}, timeout=30)
        time.sleep(1)


class Importer:
    def run(self) -> None:
        import_everything()


@app.get("/")
async def index() -> str:  #: endpoint GET / clean
    return Importer.__name__


def main() -> int:
    Importer().run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
