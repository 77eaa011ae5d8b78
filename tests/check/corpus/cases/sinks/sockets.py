# Sockets and host names, by the blocking module.
import socket
import ssl

from fastapi import FastAPI

app = FastAPI()


@app.get("/resolve/{host}")
async def resolve(host: str) -> int:  #: endpoint GET /resolve/{host} blocks socket.getaddrinfo=error
    return len(socket.getaddrinfo(host, 443))


@app.get("/banner/{host}")
async def banner(host: str) -> str:  #: endpoint GET /banner/{host} blocks socket.create_connection=error socket.recv=error
    with socket.create_connection((host, 25), timeout=3) as connection:
        return connection.recv(128).decode()


@app.get("/certificate/{host}")
async def certificate(host: str):  #: endpoint GET /certificate/{host} blocks ssl.get_server_certificate
    return ssl.get_server_certificate((host, 443))


@app.get("/name")
async def name() -> int:  #: endpoint GET /name clean
    return socket.htons(80) + len(socket.inet_aton("10.0.0.1"))
