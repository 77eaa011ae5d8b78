# `iscoroutinefunction` is false of every object: what is awaited in that branch never runs for one.
import asyncio

import httpx
from fastapi import FastAPI

app = FastAPI()


class Tokenizer:
    def __call__(self, text: str) -> list[int]:
        return httpx.post("https://tokens.example.org", json=text).json()


async def tokens_of(text: str, tokenizer) -> list[int]:
    if asyncio.iscoroutinefunction(tokenizer):
        return await tokenizer(text)
    return await asyncio.to_thread(tokenizer, text)


@app.get("/tokens")
async def tokens(text: str) -> list[int]:  #: endpoint GET /tokens clean
    return await tokens_of(text, Tokenizer())
