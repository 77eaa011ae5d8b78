"""Which edit a finding carries: `def` where nobody notices, a thread at the best hop, nothing where none is safe."""

from __future__ import annotations

from pathlib import Path

import pytest

from clearway.check.analysis import check
from clearway.check.request import Request
from clearway.model import Finding, Severity

START = """
import asyncio, contextvars, sqlite3, threading, time
import requests
from fastapi import BackgroundTasks, Depends, FastAPI, WebSocket
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from starlette.responses import StreamingResponse

app = FastAPI()
session_id = contextvars.ContextVar("session_id")

def load(*args):
    return requests.get("https://example.org").json()

def loads():
    yield load()

def opened():
    return sqlite3.connect("app.db")
"""


def findings(folder: Path, text: str, **others: str) -> list[Finding]:
    (folder / "pyproject.toml").write_text('[project]\nname = "service"\nversion = "1"\n')
    (folder / "main.py").write_text(START + text)
    for name, other in others.items():
        (folder / f"{name}.py").write_text(other)
    found = check(Request((folder,), use_cache=False)).findings
    return [finding for finding in found if finding.rule in ("CW101", "CW102", "CW103")]


def edits(folder: Path, text: str, **others: str) -> set[str]:
    """`kind: line` of the fixes, or `nothing`, of all findings that are more than advice."""
    found = [each for each in findings(folder, text, **others) if each.severity is not Severity.ADVICE]
    assert found
    lines = (START + text).split("\n")
    return {f"{each.fix.kind}: {lines[each.fix.line - 1].strip()}" if each.fix else "nothing" for each in found}


ENDPOINT = """
@app.get("/")
async def read():
    return load()
"""
TO_DEF = {"to_def: async def read():"}
TO_THREAD = {"to_thread: return load()"}


@pytest.mark.parametrize(
    "other",
    [
        "from main import app, read\napp.dependency_overrides[read] = lambda: 1\n",
        "from fastapi import Depends\nfrom main import app, read\n@app.get('/x')\ndef x(a=Depends(read)): return a\n",
        "import main\nmain.app.add_api_route('/y', main.read)\nname = main.read.__name__\n",
        "def read(): return 1\nprint(read())\n",
        "def f(read): return read()\n",
        "class A:\n    async def read(self): return 1\n\nasync def f(a: A): return await a.read()\n",
        "from main import read\n\nasync def test_it():\n    assert await read()\n",
        "import main\n\nasync def test_it():\n    assert await main.read()\n",
    ],
)
def test_an_endpoint_that_nobody_awaits_becomes_def(tmp_path: Path, other: str) -> None:
    assert edits(tmp_path, ENDPOINT, test_other=other) == TO_DEF


@pytest.mark.parametrize(
    "other",
    [
        "import asyncio\nfrom main import read\n\ndef test_it():\n    asyncio.run(read())\n",
        "from main import read as endpoint\n\nasync def test_it():\n    await endpoint()\n",
        "from main import read\n\nHANDLERS = {'read': read}\n",
        "from main import read\nimport functools\n\njob = functools.partial(read)\n",
    ],
)
def test_one_that_is_awaited_or_given_away_stays_async(tmp_path: Path, other: str) -> None:
    assert edits(tmp_path, ENDPOINT, test_other=other) == TO_THREAD


@pytest.mark.parametrize(
    ("decorator", "expected"),
    [
        ("@limiter.cached(60)", TO_THREAD),
        ("@slow.limit('5/minute')", TO_DEF),
        ("@logged", {"to_thread: return load()"}),
        ("@same", TO_DEF),
    ],
)
def test_decorators_decide_too(tmp_path: Path, decorator: str, expected: set[str]) -> None:
    text = f"""
from functools import wraps
from aiocache import limiter
from slowapi import Limiter
slow = Limiter()

def logged(function):
    @wraps(function)
    async def wrapper(*args, **kwargs):
        return await function(*args, **kwargs)
    return wrapper

def same(function):
    return function

@app.get("/")
{decorator}
async def read():
    return load()
"""
    assert edits(tmp_path, text) == expected


@pytest.mark.parametrize(
    "body",
    [
        "asyncio.create_task(other())",
        "asyncio.get_running_loop().call_later(1, print)",
        "session_id.set('1')",
        "helper()",
        "db.add(1)",
    ],
)
def test_what_needs_its_loop_or_its_context_stays_async(tmp_path: Path, body: str) -> None:
    text = f"""
async def other(): ...

def helper():
    asyncio.ensure_future(other())

async def get_db() -> AsyncSession: ...

@app.get("/")
async def read(db: AsyncSession = Depends(get_db)):
    {body}
    return load()
"""
    assert edits(tmp_path, text) == TO_THREAD


def test_a_background_task_does_not(tmp_path: Path) -> None:
    text = """
@app.get("/")
async def read(tasks: BackgroundTasks):
    tasks.add_task(print, 1)
    return load()
"""
    assert edits(tmp_path, text) == {"to_def: async def read(tasks: BackgroundTasks):"}


def test_a_method_that_overrides_stays_async(tmp_path: Path) -> None:
    text = """
class Base:
    async def __call__(self): ...

class Checker(Base):
    async def __call__(self):
        return load()

@app.get("/", dependencies=[Depends(Checker())])
def read(): ...
"""
    assert edits(tmp_path, text) == TO_THREAD


AWAITING = """
lock = threading.Lock()
connection = sqlite3.connect("app.db")

@app.get("/")
async def read(connected: sqlite3.Connection, db: AsyncSession, items: list[int]):
    await asyncio.sleep(0)
    {}
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return load()", "to_thread: return load()"),
        ("return [load(item) for item in items]", "to_thread: return [load(item) for item in items]"),
        ("return super_long if (a := load()) else a", "to_thread: return super_long if (a := load()) else a"),
        ("return load(load)", "to_thread: return load(load)"),
        ("time.sleep(1)", "async_sleep: time.sleep(1)"),
        ("return asyncio.to_thread(load())", "hand_over: return asyncio.to_thread(load())"),
        ("return list(load(item) for item in items)", "nothing"),
        ("return sorted(items, key=lambda item: load())", "to_thread: return sorted(items, key=lambda item: load())"),
        ("return (lambda: load())()", "to_thread: return (lambda: load())()"),
        ("return load(asyncio.sleep(0))", "nothing"),
        ("return load(db)", "nothing"),
        ("return connected.execute('')", "nothing"),
        ("return connection.execute('')", "nothing"),
        ("return opened()", "nothing"),
        ("return next(loads())", "nothing"),
        ("with lock: load()", "nothing"),
        ("with open('x') as file: file.read()", "nothing"),
    ],
)
def test_a_call_is_handed_over_where_that_is_safe(tmp_path: Path, body: str, expected: str) -> None:
    assert expected in edits(tmp_path, AWAITING.format(body))
    if expected == "nothing":
        assert edits(tmp_path, AWAITING.format(body)) == {"nothing"}


def test_cleaning_up_is_left_alone(tmp_path: Path) -> None:
    text = "try:\n        await asyncio.sleep(0)\n    finally:\n        load()"
    assert edits(tmp_path, AWAITING.format(text)) == {"nothing"}


def test_what_comes_below_may_need_the_loop(tmp_path: Path) -> None:
    text = """
def notify():
    load()
    asyncio.get_event_loop().call_soon(print)
"""
    assert edits(tmp_path, text + AWAITING.format("notify()")) == {"nothing"}


def test_a_connection_that_stays_in_its_function_may_go_to_a_thread(tmp_path: Path) -> None:
    text = """
def rows():
    with sqlite3.connect("app.db") as own:
        return own.execute("").fetchall()
"""
    body = AWAITING.replace('connection = sqlite3.connect("app.db")', "").format("return rows()")
    assert edits(tmp_path, text + body) == {"to_thread: return rows()"}


def test_one_that_is_kept_may_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = """
class Store:
    def __init__(self):
        self.own = sqlite3.connect("app.db")

    def rows(self):
        return self.own.execute("").fetchall()

store = Store()
"""
    assert edits(tmp_path, text + AWAITING.format("return store.rows()")) == {"nothing"}
    shared = [part.replace('"app.db"', '"app.db", check_same_thread=False') for part in (START, text, AWAITING)]
    monkeypatch.setitem(globals(), "START", shared[0])
    assert edits(tmp_path, shared[1] + shared[2].format("return store.rows()")) == {"to_thread: return store.rows()"}


def test_a_session_of_each_thread_is_not_shared(tmp_path: Path) -> None:
    text = """
from sqlalchemy.orm import scoped_session, sessionmaker
Scoped = scoped_session(sessionmaker())

def save(db: Session):
    db.commit()

@app.get("/")
async def read(db: Session = Depends(Scoped)):
    await asyncio.sleep(0)
    save(db)
"""
    assert edits(tmp_path, text) == {"nothing"}
    assert edits(tmp_path, text.replace("sessionmaker())", "sessionmaker(), scopefunc=int)")) == {"to_thread: save(db)"}


def test_a_view_whose_name_everybody_uses_becomes_def(tmp_path: Path) -> None:
    text = """
from starlette.endpoints import HTTPEndpoint

class View(HTTPEndpoint):
    async def get(self, request):
        return load()

app.add_route("/", View)
"""
    used = "def test_it(client):\n    assert client.get('/').status_code == 200\n"
    assert edits(tmp_path, text, test_it=used) == {"to_def: async def get(self, request):"}
    awaited = "async def test_it(view):\n    assert await view.get('/')\n"
    assert edits(tmp_path, text, test_it=awaited) == TO_THREAD


@pytest.mark.parametrize("change", ["app.title = load()", "global count\n    count += len(load())"])
def test_what_changes_shared_state_relies_on_the_loop_to_be_alone(tmp_path: Path, change: str) -> None:
    text = f"""
count = 0

def change():
    {change}

@app.get("/")
async def read():
    change()
"""
    assert edits(tmp_path, text) == {"nothing"}


def test_a_websocket_stays_async(tmp_path: Path) -> None:
    text = '\n@app.websocket("/")\nasync def read(socket: WebSocket):\n    return load()\n'
    assert edits(tmp_path, text) == TO_THREAD


def test_a_stream_is_fixed_where_it_blocks(tmp_path: Path) -> None:
    """`def` would not help: whoever answers with it, the loop iterates it."""
    text = """
async def rows():
    yield 1
    time.sleep(1)

@app.get("/")
async def read():
    return StreamingResponse(rows())
"""
    assert edits(tmp_path, text) == {"async_sleep: time.sleep(1)"}


def test_the_edit_is_made_in_the_last_async_function(tmp_path: Path) -> None:
    """Two roots that come through it share it."""
    text = """
def deeper():
    return load()

async def service():
    return deeper()

@app.get("/a")
async def a():
    await asyncio.sleep(0)
    return await service()

@app.get("/b")
async def b():
    await asyncio.sleep(0)
    return await service()
"""
    assert len({finding.fix for finding in findings(tmp_path, text)}) == 1
    assert edits(tmp_path, text) == {"to_thread: return deeper()"}


def test_advice_carries_none(tmp_path: Path) -> None:
    text = '\nimport os\n\n@app.get("/")\nasync def read():\n    return os.path.exists("x")\n'
    found = findings(tmp_path, text)
    assert [finding.severity for finding in found] == [Severity.ADVICE]
    assert [finding.fix for finding in found] == [None]


def test_columns_are_characters(tmp_path: Path) -> None:
    found = findings(tmp_path, AWAITING.format("é = 'ü'; return load('ö')"))
    fix = found[0].fix
    assert fix is not None
    line = (tmp_path / "main.py").read_text().split("\n")[fix.line - 1]
    assert line[fix.column : fix.end_column] == "load('ö')"
