# The same over asyncio's streams and the loop's resolver.
import asyncio
import socket

from fastapi import FastAPI

app = FastAPI()


@app.get("/resolve/{host}")
async def resolve(host: str) -> int:  #: endpoint GET /resolve/{host} clean
    loop = asyncio.get_running_loop()
    return len(await loop.getaddrinfo(host, 443, type=socket.SOCK_STREAM))


@app.get("/banner/{host}")
async def banner(host: str) -> str:  #: endpoint GET /banner/{host} clean
    reader, writer = await asyncio.open_connection(host, 25)
    try:
        async with asyncio.timeout(3):
            return (await reader.readline()).decode()
    finally:
        writer.close()
        await writer.wait_closed()
