"""`async def`s that await nothing but each other become `def` together, or stay as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from clearway.check.analysis import check
from clearway.check.fix import apply_together
from clearway.check.request import Request
from clearway.model import Finding, Severity

START = """import asyncio
import requests
from fastapi import Depends, FastAPI

app = FastAPI()


"""
ENDPOINT = """@app.get("/{id}")
async def read(id: int):
    return await service(id)
"""
SERVICE = """async def service(id):
    # looks it up
    return (await find(
        id,
    ))["x"]


async def find(id):
    return requests.get(f"https://example.org/{id}").json()


"""


def findings(folder: Path) -> list[Finding]:
    found = check(Request((folder,), use_cache=False)).findings
    return [finding for finding in found if finding.severity is not Severity.ADVICE]


def write(folder: Path, **modules: str) -> None:
    (folder / "pyproject.toml").write_text('[project]\nname = "service"\nversion = "1"\n')
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(text)


def fixed(folder: Path) -> dict[str, str]:
    """The files after the fixes of all findings, which are gone then, as is everything that could be fixed."""
    before = findings(folder)
    assert before
    texts = {path.name: path.read_text() for path in folder.glob("*.py")}
    fixes = [finding.fix for finding in before if finding.fix is not None]
    together = apply_together(texts, fixes)
    assert together.done == set(fixes)
    for name, text in together.texts.items():
        (folder / name).write_text(text)
    after = {finding.fingerprint for finding in findings(folder)}
    assert not after & {finding.fingerprint for finding in before if finding.fix is not None}
    assert not after - {finding.fingerprint for finding in before}
    return {name.removesuffix(".py"): text for name, text in (texts | together.texts).items()}


def kinds(folder: Path) -> set[str]:
    return {"none" if finding.fix is None else finding.fix.kind for finding in findings(folder)}


def test_a_chain_becomes_def_with_its_formatting_kept(tmp_path: Path) -> None:
    write(tmp_path, main=START + SERVICE + ENDPOINT)
    expected = SERVICE.replace("async ", "").replace("await ", "") + ENDPOINT.replace("async ", "").replace(
        "await ", ""
    )
    assert fixed(tmp_path) == {"main": START + expected}
    assert findings(tmp_path) == []


def test_over_files_and_methods(tmp_path: Path) -> None:
    store = """import requests


class Store:
    async def load(self, id):
        return await self._get(id)

    async def _get(self, id):
        return requests.get(id)
"""
    main = """from fastapi import FastAPI, Depends
from store import Store

app = FastAPI()


async def get_store() -> Store:
    return Store()


@app.get("/")
async def read(store: Store = Depends(get_store)):
    return [await store.load(id) for id in range(3)]
"""
    write(tmp_path, main=main, store=store)
    after = fixed(tmp_path)
    assert after["store"] == store.replace("async ", "").replace("await ", "")
    assert "    return [store.load(id) for id in range(3)]" in after["main"]
    assert "async def get_store" in after["main"]  # it does not block


def test_all_that_await_a_helper_go_with_it(tmp_path: Path) -> None:
    other = ENDPOINT.replace("/{id}", "/other/{id}").replace("read", "other")
    write(tmp_path, main=START + SERVICE + ENDPOINT + "\n\n" + other)
    after = fixed(tmp_path)["main"]
    assert "async" not in after.replace("asyncio", "")
    assert "await" not in after


def test_one_that_stays_async_hands_the_call_to_a_thread(tmp_path: Path) -> None:
    other = """

@app.get("/other/{id}")
async def other(id: int):
    await asyncio.sleep(0)
    return (await service(id))
"""
    write(tmp_path, main=START + SERVICE + ENDPOINT + other)
    after = fixed(tmp_path)["main"]
    assert "    return (await asyncio.to_thread(service, id))" in after
    assert "\ndef service" in after
    assert "\ndef read" in after
    assert "\nasync def other" in after
    assert findings(tmp_path) == []


def test_what_does_not_block_is_called_as_it_is(tmp_path: Path) -> None:
    helper = """async def label(id):
    return str(id)


"""
    other = """

@app.get("/other/{id}")
async def other(id: int):
    await asyncio.sleep(0)
    return await label(id)
"""
    endpoint = ENDPOINT.replace("await service(id)", "await service(await label(id))")
    write(tmp_path, main=START + SERVICE + helper + endpoint + other)
    after = fixed(tmp_path)["main"]
    assert "    return label(id)" in after
    assert "    return service(label(id))" in after
    assert "\nasync def other" in after


@pytest.mark.parametrize(
    "other",
    [
        "import main\n\njobs = [main.service]\n",
        "import asyncio, main\n\nasyncio.run(main.service(1))\n",
        "import asyncio, main\n\n\nasync def run():\n    await asyncio.gather(main.service(1), main.find(2))\n",
        "from main import service as other\n",
        "import main\n\n\nasync def test_it():\n    main.find = None\n    assert await main.find(1)\n",
        "from unittest.mock import patch\n\n\n@patch('main.service')\ndef test_it(mock): ...\n",
        "__all__ = ['service']\nfrom main import service\n",
        "async def run(anything):\n    return await anything(main.service)\nimport main\n",
        "async def run(thing):\n    return await thing.service(1)\nfrom main import *\nimport main\nx = main.service\n",
    ],
)
def test_a_helper_that_others_rely_on_stays_async(tmp_path: Path, other: str) -> None:
    write(tmp_path, main=START + SERVICE + ENDPOINT, test_other=other)
    assert kinds(tmp_path) == {"to_thread"}


def test_tests_that_await_a_helper_or_an_endpoint_call_it_as_it_is_then(tmp_path: Path) -> None:
    tests = "import main\n\n\nasync def test_it():\n    assert await main.find(1)\n    assert await main.read(1)\n"
    write(tmp_path, main=START + SERVICE + ENDPOINT, test_main=tests)
    assert fixed(tmp_path)["test_main"] == tests.replace("await ", "")


BOTH = """import functools
import inspect


def logged(function):
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def async_wrapper(*args, **kwargs):
            return await function(*args, **kwargs)

        return async_wrapper

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


"""


def test_a_decorator_that_asks_what_it_is_given_is_no_obstacle(tmp_path: Path) -> None:
    service = SERVICE.replace("async def service", "@logged\nasync def service")
    write(tmp_path, main=START + "from log import logged\n\n\n" + service + ENDPOINT, log=BOTH)
    after = fixed(tmp_path)
    assert "await" not in after["main"]
    assert after["log"] == BOTH
    assert findings(tmp_path) == []


def test_a_stand_in_of_a_test_is_awaited_like_the_method(tmp_path: Path) -> None:
    main = """import requests
from fastapi import FastAPI

app = FastAPI()


class Store:
    async def load(self):
        return requests.get("x")


@app.get("/")
async def read():
    return await Store().load()
"""
    write(tmp_path, main=main, test_main="class Fake:\n    async def load(self): ...\n")
    assert kinds(tmp_path) == {"to_thread"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("async def find(id):\n", "async def find(id):\n    await asyncio.sleep(0)\n"),
        ("async def find", "def same(f):\n    return f\n\n\n@same\nasync def find"),
        ("    return requests", "    asyncio.get_running_loop()\n    return requests"),
        ("    # looks", "    async with asyncio.Lock():\n        pass\n    # looks"),
        ("return await service(id)", "return await asyncio.wait_for(service(id), 1)"),
        ("return await service(id)", "return [x async for x in (await service(i) for i in [id])]"),
    ],
)
def test_one_link_that_has_to_stay_keeps_the_others(tmp_path: Path, old: str, new: str) -> None:
    text = START + SERVICE + ENDPOINT
    assert old in text
    write(tmp_path, main=text.replace(old, new))
    assert "to_def" not in kinds(tmp_path)


def test_a_method_that_is_overridden_or_of_a_protocol_stays(tmp_path: Path) -> None:
    text = """import requests
from typing import Protocol
from fastapi import FastAPI

app = FastAPI()


class Loads(Protocol):
    async def load(self): ...


class Store:
    async def load(self):
        return requests.get("x")


@app.get("/")
async def read():
    return await Store().load()
"""
    write(tmp_path, main=text)
    assert kinds(tmp_path) == {"to_thread"}
    text = text.replace("Loads(Protocol):\n    async def load(self): ...", "Loads(Protocol):\n    pass")
    write(tmp_path, main=text + "\n\nclass Other(Store):\n    async def load(self): ...\n")
    assert kinds(tmp_path) == {"to_thread"}
    write(tmp_path, main=text)
    assert kinds(tmp_path) == {"to_def"}


def test_a_recursion_becomes_def_too(tmp_path: Path) -> None:
    text = """async def service(id):
    if id:
        return await service(id - 1)
    return requests.get("x")


"""
    write(tmp_path, main=START + text + ENDPOINT)
    assert "await" not in fixed(tmp_path)["main"]


def test_all_or_nothing(tmp_path: Path) -> None:
    """Where one of the files is not what the check saw, no other one is changed."""
    store = "import requests\n\n\nasync def service(id):\n    return requests.get(id)\n"
    main = START + "from store import service\n\n\n" + ENDPOINT
    write(tmp_path, main=main, store=store)
    fixes = [finding.fix for finding in findings(tmp_path) if finding.fix is not None]
    assert [fix.kind for fix in fixes] == ["to_def"]
    for changed in ("", "import requests\n\n\nasync def service(id):\n    await x\n    return requests.get(id)\n", "("):
        together = apply_together({"main.py": main, "store.py": changed}, fixes)
        assert together.done == frozenset()
        assert together.texts.get("main.py", main) == main
    assert apply_together({"main.py": main}, fixes).texts == {}
