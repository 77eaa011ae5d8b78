"""However many endpoints a route decorator of the project's own stands before, each is a root."""

from __future__ import annotations

from pathlib import Path

import pytest

from clearway.check import analysis
from clearway.check.program.values import frames
from clearway.check.request import Request
from clearway.check.result import Result
from clearway.model import RootKind, Verdict

HEAD = """
import functools, time
from fastapi import APIRouter, FastAPI

app = FastAPI()
"""
GUARD = """
def guard(scopes):
    def decorator(func):
        @functools.wraps(func)
        async def wrapper(*args, **kwargs):
            return await func(*args, **kwargs)
        return wrapper
    return decorator
"""
OF_METHODS = """
def protected(method, path, scopes=None, **kwargs):
    def decorator(func):
        return method(path, **kwargs)(func)
    return decorator
"""
SHAPES = {
    "a decorator that is given a method": (OF_METHODS, "protected(r{0}.{1}, '/e{2}', [])"),
    "one that gives on what the method gives": (
        "def protected(method, path):\n    return method(path)\n",
        "protected(r{0}.{1}, '/e{2}')",
    ),
    "one with a guard between": (
        GUARD + OF_METHODS.replace("(func)\n", "(guard(scopes or [])(func))\n"),
        "protected(r{0}.{1}, '/e{2}', [])",
    ),
    "one that is given the same function each time": (
        "def user(): return 1\n" + OF_METHODS.replace("scopes=None", "user"),
        "protected(r{0}.{1}, '/e{2}', user)",
    ),
    "one that is given a router and a verb": (
        "def protected(router, verb, path):\n    return getattr(router, verb)(path)\n",
        "protected(r{0}, '{1}', '/e{2}')",
    ),
    "a class of decorators": (
        "class protected:\n    def __init__(self, method, path):\n        self.method, self.path = method, path\n"
        "    def __call__(self, func):\n        return self.method(self.path)(func)\n",
        "protected(r{0}.{1}, '/e{2}')",
    ),
}


def checked(folder: Path, text: str) -> Result:
    folder.mkdir(exist_ok=True)
    (folder / "main.py").write_text(text)
    return analysis.check(Request(paths=(folder,)))


def service(shape: str, count: int) -> str:
    before, decorator = SHAPES[shape]
    routers = "".join(f"r{one} = APIRouter(prefix='/r{one}')\napp.include_router(r{one})\n" for one in range(12))
    return HEAD + routers + before + endpoints(decorator, count)


def endpoints(decorator: str, count: int) -> str:
    verbs = ("get", "post", "put", "delete")
    return "".join(
        f"@{decorator.format(number % 12, verbs[number // 12 % 4], number)}\n"
        f"async def e{number}():\n    {'time.sleep(1)' if number % 2 else 'return 1'}\n\n"
        for number in range(count)
    )


@pytest.mark.parametrize("shape", SHAPES)
def test_each_of_eighty_endpoints_is_a_root_with_its_path(shape: str, tmp_path: Path) -> None:
    result = checked(tmp_path, service(shape, 80))
    routes = {route for root in result.roots for route in root.routes}
    verdicts = [root.verdict for root in result.roots if root.kind is RootKind.ENDPOINT]
    assert len(verdicts) == 80
    assert verdicts.count(Verdict.BLOCKS) == verdicts.count(Verdict.CLEAN) == 40
    assert {route.rpartition("/")[2] for route in routes if "/e" in route} >= {f"e{number}" for number in range(80)}
    assert result.warnings == ()


@pytest.mark.parametrize("shape", SHAPES)
def test_each_of_five_hundred_endpoints_is_a_root(shape: str, tmp_path: Path) -> None:
    result = checked(tmp_path, service(shape, 500))
    assert sum(root.kind is RootKind.ENDPOINT for root in result.roots) == 500


@pytest.mark.parametrize("given", ["", "r0"])
def test_methods_of_an_object_with_a_router_register_every_endpoint(given: str, tmp_path: Path) -> None:
    router = "router" if given else "APIRouter()"
    shape = (
        f"class Api:\n    def __init__(self, router=None):\n        self.router = {router}\n"
        "    def get(self, path):\n        def decorator(func):\n            return self.router.get(path)(func)\n"
        f"        return decorator\n\nr0 = APIRouter()\napi = Api({given})\napp.include_router(api.router)\n"
    )
    result = checked(tmp_path, HEAD + shape + endpoints("api.get('/e{2}')", 100))
    assert sum(root.kind is RootKind.ENDPOINT for root in result.roots) == 100


def test_beyond_the_limit_of_paths_an_endpoint_is_a_root_of_unknown_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "MOST_DECORATED", 20)
    result = checked(tmp_path, service("a decorator that is given a method", 80))
    verdicts = [root.verdict for root in result.roots if root.kind is RootKind.ENDPOINT]
    assert len(verdicts) == 80
    assert verdicts.count(Verdict.BLOCKS) == 40
    assert any(route.endswith("/…") for root in result.roots for route in root.routes)


def test_what_is_left_out_for_being_too_many_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "MOST_DECORATED", 20)
    monkeypatch.setattr(frames, "MOST_REGISTERING", 30)
    result = checked(tmp_path, service("a decorator that is given a method", 80))
    assert any("endpoints may be missing" in warning and "protected" in warning for warning in result.warnings)


def test_a_decorator_before_too_many_functions_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "MOST_DECORATED", 20)
    text = "def log(func):\n    def wrapper(*args):\n        return func(*args)\n    return wrapper\n\n"
    result = checked(
        tmp_path, HEAD + text + "".join(f"@log\ndef f{number}(): pass\n\nf{number}()\n" for number in range(50))
    )
    assert any("main.py:6: log is called in too many ways" in warning for warning in result.warnings)
