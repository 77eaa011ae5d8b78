# JSON, regular expressions, dates, random numbers, logging, Pydantic: what every endpoint does.
import json
import logging
import random
import re
from datetime import UTC, datetime
from decimal import Decimal

from fastapi import FastAPI
from pydantic import BaseModel, Field, field_validator

app = FastAPI()
logger = logging.getLogger(__name__)
WORD = re.compile(r"\w+")


class Article(BaseModel):
    title: str = Field(min_length=1)
    words: int = 0

    @field_validator("title")
    @classmethod
    def strip(cls, value: str) -> str:
        return value.strip()


@app.post("/articles")
async def create(article: Article) -> dict:  #: endpoint POST /articles clean
    logger.info("article %s", article.title)
    counted = article.model_copy(update={"words": len(WORD.findall(article.title))})
    return counted.model_dump()


@app.get("/echo")
async def echo(text: str) -> str:  #: endpoint GET /echo clean
    data = json.loads(text)
    data["at"] = datetime.now(UTC).isoformat()
    return json.dumps(data, sort_keys=True)


@app.get("/price")
async def price() -> str:  #: endpoint GET /price clean
    amounts = sorted(Decimal(random.randint(1, 9)) for _ in range(3))
    return f"{max(amounts):.2f}"
