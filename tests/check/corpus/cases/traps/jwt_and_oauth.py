# The security classes of FastAPI, and a token that is only compared.
import hmac
from base64 import b64decode
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Security, status
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, OAuth2PasswordBearer

app = FastAPI()
bearer = HTTPBearer()
oauth2 = OAuth2PasswordBearer(tokenUrl="token", scopes={"read": "read items"})


async def user(token: Annotated[str, Depends(oauth2)]) -> str:  #: dependency clean
    name, _, signature = b64decode(token).decode().partition(".")
    if not hmac.compare_digest(signature, hmac.digest(b"key", name.encode(), "sha256").hex()):
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, headers={"WWW-Authenticate": "Bearer"})
    return name


@app.get("/me")
async def me(name: Annotated[str, Security(user, scopes=["read"])]) -> str:  #: endpoint GET /me clean
    return name


@app.get("/raw")
async def raw(credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> str:  #: endpoint GET /raw clean
    return credentials.scheme
