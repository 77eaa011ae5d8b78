# Their async clients, streaming too.
from anthropic import AsyncAnthropic
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from openai import AsyncOpenAI

app = FastAPI()
openai = AsyncOpenAI(api_key="secret")
claude = AsyncAnthropic()


@app.post("/chat")
async def chat(text: str) -> str:  #: endpoint POST /chat clean
    answer = await openai.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])
    return answer.choices[0].message.content


async def tokens(text: str):
    stream = await openai.chat.completions.create(
        model="m", messages=[{"role": "user", "content": text}], stream=True
    )
    async for chunk in stream:
        yield chunk.choices[0].delta.content or ""


@app.post("/stream")
async def stream(text: str) -> StreamingResponse:  #: endpoint POST /stream clean
    return StreamingResponse(tokens(text), media_type="text/plain")


@app.post("/claude")
async def ask(text: str) -> str:  #: endpoint POST /claude clean
    message = await claude.messages.create(model="m", max_tokens=64, messages=[{"role": "user", "content": text}])
    return message.content[0].text
