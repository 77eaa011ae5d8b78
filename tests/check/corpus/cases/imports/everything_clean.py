# Every form of import, of functions that only compute.
#: file app/__init__.py
from .text import *
from .text import slug as make_slug
#: file app/text.py
__all__ = ["shout", "slug"]


def slug(text: str) -> str:
    return text.lower().replace(" ", "-")


def shout(text: str) -> str:
    return f"{text.upper()}!"
#: file app/lazy.py
def load():
    import app.text as module

    return module.slug
#: file app/main.py
from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from fastapi import FastAPI

import app as package
from app import lazy, make_slug
from app import text as t

if TYPE_CHECKING:
    from collections.abc import Callable

application = FastAPI()
module = importlib.import_module("app.text")


def apply(function: Callable[[str], str], text: str) -> str:
    return function(text)


@application.get("/a/{text}")
async def a(text: str) -> str:  #: endpoint GET /a/{text} clean
    return make_slug(text) + package.shout(text)


@application.get("/b/{text}")
async def b(text: str) -> str:  #: endpoint GET /b/{text} clean
    return apply(t.slug, text) + lazy.load()(text)


@application.get("/c/{text}")
async def c(text: str) -> str:  #: endpoint GET /c/{text} clean
    return module.shout(text)
