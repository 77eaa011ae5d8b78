# Sync clients of language models: the call may take a minute.
import anthropic
from fastapi import FastAPI
from openai import OpenAI

app = FastAPI()
openai = OpenAI(api_key="secret")
claude = anthropic.Anthropic()


@app.post("/chat")
async def chat(text: str) -> str:  #: endpoint POST /chat blocks Completions.create=error
    answer = openai.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])
    return answer.choices[0].message.content


@app.post("/claude")
async def ask(text: str) -> str:  #: endpoint POST /claude blocks Messages.create=error
    message = claude.messages.create(model="m", max_tokens=64, messages=[{"role": "user", "content": text}])
    return message.content[0].text
