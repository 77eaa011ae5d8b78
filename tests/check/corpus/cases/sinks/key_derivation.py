# Key derivation takes a tenth of a second of CPU by design.
import hashlib

import bcrypt
from argon2 import PasswordHasher
from fastapi import FastAPI
from passlib.context import CryptContext

app = FastAPI()
context = CryptContext(schemes=["bcrypt"], deprecated="auto")
hasher = PasswordHasher()


def verify(password: str, stored: str) -> bool:
    return context.verify(password, stored)


@app.post("/login")
async def login(password: str, stored: str) -> bool:  #: endpoint POST /login blocks CryptContext.verify=error
    return verify(password, stored)


@app.post("/users")
async def create(password: str) -> str:  #: endpoint POST /users blocks bcrypt.hashpw=error …
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt()).decode()


@app.post("/argon")
async def argon(password: str) -> str:  #: endpoint POST /argon blocks PasswordHasher.hash=error
    return hasher.hash(password)


@app.post("/pbkdf2")
async def pbkdf2(password: str) -> str:  #: endpoint POST /pbkdf2 blocks hashlib.pbkdf2_hmac=error
    return hashlib.pbkdf2_hmac("sha256", password.encode(), b"salt", 600_000).hex()
