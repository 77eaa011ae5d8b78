# Objects as dependencies: one has an async `__call__` that blocks, the other a sync one, run in a thread.
from typing import Annotated

import ldap3
from fastapi import Depends, FastAPI, HTTPException, Security
from fastapi.security import APIKeyHeader, SecurityScopes

app = FastAPI()
api_key = APIKeyHeader(name="X-Key")


class InGroup:
    def __init__(self, group: str) -> None:
        self.group = group

    async def __call__(self, key: Annotated[str, Depends(api_key)]) -> str:  #: dependency GET /admin blocks ldap3.Connection|ldap3.Connection.search …
        connection = ldap3.Connection("ldap://ldap.example.org", auto_bind=True)
        if not connection.search("dc=example", f"(&(cn={self.group})(member={key}))"):
            raise HTTPException(403)
        return key


class HasScope:
    def __call__(self, scopes: SecurityScopes) -> str:  #: dependency GET /reports clean on thread
        return scopes.scope_str


admins = InGroup("admins")


@app.get("/admin", dependencies=[Security(admins)])
def admin() -> str:  #: endpoint GET /admin blocks by InGroup.__call__ on thread
    return "welcome"


@app.get("/reports")
async def reports(scope: Annotated[str, Security(HasScope(), scopes=["read"])]) -> str:  #: endpoint GET /reports clean
    return scope
