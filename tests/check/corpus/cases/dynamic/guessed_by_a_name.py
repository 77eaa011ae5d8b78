# All that is known of the object is the name of its method, which one class of the project has: a warning at most.
#: unresolved acme_vault
import subprocess

import acme_vault
from fastapi import FastAPI

app = FastAPI()


class LocalVault:
    def read_secret_of(self, name: str) -> bytes:
        return subprocess.check_output(["pass", name])


@app.get("/secrets/{name}")
async def secret(name: str):  #: endpoint GET /secrets/{name} blocks|unknown subprocess.check_output=warning
    vault = acme_vault.connect_to_the_store()
    return vault.read_secret_of(name)
