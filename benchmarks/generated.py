"""A service of as many lines as one likes: layered as services are, the same every time."""

from __future__ import annotations

from pathlib import Path

MAIN = """from fastapi import FastAPI

{imports}

app = FastAPI()
{includes}
"""
DATABASE = """from collections.abc import Iterator

from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine("postgresql://localhost/service")
make_session = sessionmaker(engine)


def get_session() -> Iterator[Session]:
    with make_session() as session:
        yield session
"""
MODELS = """from datetime import datetime

from pydantic import BaseModel


class {name}In(BaseModel):
    title: str
    amount: int = 0
    tags: list[str] = []


class {name}Out({name}In):
    id: int
    created_at: datetime

    @property
    def label(self) -> str:
        return f"{{self.title}} ({{self.amount}})"
"""
REPOSITORY = """from sqlalchemy import text
from sqlalchemy.orm import Session

from service.{domain}.models import {name}In


class {name}Repository:
    def __init__(self, session: Session) -> None:
        self.session = session

    def find(self, item_id: int) -> dict[str, object] | None:
        row = self.session.execute(text("select * from {domain} where id = :id"), {{"id": item_id}}).first()
        return dict(row._mapping) if row is not None else None

    def page(self, offset: int, limit: int) -> list[dict[str, object]]:
        rows = self.session.execute(text("select * from {domain} order by id offset :o limit :l"))
        found = []
        for row in rows:
            item = dict(row._mapping)
            if item.get("amount", 0) >= 0:
                found.append(item)
        return found[offset : offset + limit]

    def add(self, item: {name}In) -> int:
        if not item.title.strip():
            raise ValueError("a title is needed")
        self.session.execute(text("insert into {domain} values (:title)"), {{"title": item.title}})
        self.session.commit()
        return len(item.tags)
"""
SERVICE = """import asyncio
import logging

import httpx

from service.{domain}.models import {name}In
from service.{domain}.repository import {name}Repository

logger = logging.getLogger(__name__)


class {name}Service:
    def __init__(self, repository: {name}Repository, base: str = "https://example.org") -> None:
        self.repository = repository
        self.base = base

    def load(self, item_id: int) -> dict[str, object]:
        found = self.repository.find(item_id)
        if found is None:
            raise LookupError(item_id)
        return self._decorated(found)

    def _decorated(self, item: dict[str, object]) -> dict[str, object]:
        amount = int(str(item.get("amount", 0)))
        item["tax"] = round(amount * 0.19, 2)
        item["total"] = amount + float(str(item["tax"]))
        logger.debug("decorated %s", item)
        return item

    async def store(self, item: {name}In) -> int:
        return await asyncio.to_thread(self.repository.add, item)

    async def told(self, item: {name}In) -> bool:
        async with httpx.AsyncClient() as client:
            answer = await client.post(self.base, json=item.model_dump())
        return answer.status_code < 400

    def asked(self, item_id: int) -> bool:
        return httpx.get(f"{{self.base}}/{{item_id}}").status_code == 200
"""
ROUTES = """from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from sqlalchemy.orm import Session

from service.database import get_session
from service.{domain}.models import {name}In
from service.{domain}.repository import {name}Repository
from service.{domain}.service import {name}Service

router = APIRouter(prefix="/{domain}")


def get_service(session: Annotated[Session, Depends(get_session)]) -> {name}Service:
    return {name}Service({name}Repository(session))


Service = Annotated[{name}Service, Depends(get_service)]


@router.get("/{{item_id}}")
async def read(item_id: int, service: Service) -> dict[str, object]:
    try:
        return service.load(item_id)
    except LookupError:
        raise HTTPException(404) from None


@router.get("/{{item_id}}/sync")
def read_sync(item_id: int, service: Service) -> dict[str, object]:
    return service.load(item_id)


@router.post("/")
async def create(item: {name}In, service: Service) -> dict[str, object]:
    count = await service.store(item)
    return {{"count": count, "told": await service.told(item)}}


@router.get("/{{item_id}}/asked")
async def asked(item_id: int, service: Service) -> bool:
    return service.asked(item_id)
"""
LAYERS = {"models": MODELS, "repository": REPOSITORY, "service": SERVICE, "routes": ROUTES, "__init__": ""}


def write_service(folder: Path, lines: int) -> int:
    """Write a service of about so many lines; the lines that it came to."""
    package = folder / "service"
    package.mkdir(parents=True)
    (folder / "pyproject.toml").write_text("[project]\nname = 'service'\nversion = '0'\n", encoding="utf-8")
    domains: list[str] = []
    written = _write(package / "__init__.py", "") + _write(package / "database.py", DATABASE)
    while written < lines:
        domain = f"domain_{len(domains)}"
        (package / domain).mkdir()
        domains.append(domain)
        for layer, text in LAYERS.items():
            written += _write(package / domain / f"{layer}.py", text.format(domain=domain, name=f"Item{len(domains)}"))
    imports = "\n".join(f"from service.{domain}.routes import router as {domain}" for domain in domains)
    includes = "\n".join(f"app.include_router({domain})" for domain in domains)
    return written + _write(package / "main.py", MAIN.format(imports=imports, includes=includes))


def _write(path: Path, text: str) -> int:
    path.write_text(text, encoding="utf-8")
    return text.count("\n")
