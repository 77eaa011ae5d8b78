"""What the call graph answers for the shapes that calls have, asked of the pinned pyrefly itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from clearway.check.engine import Span
from clearway.check.engine.pyrefly import Pyrefly
from tests.check.engine.conftest import Asked, project_of

STORES = """
import functools
from abc import ABC, abstractmethod
from typing import Protocol


class Store(ABC):
    @abstractmethod
    def load(self): ...

    def close(self):
        pass


class Disk(Store):
    def __init__(self, path):
        self.path = path

    def load(self):
        return 1

    @property
    def size(self):
        return 3

    @size.setter
    def size(self, value):
        pass

    @functools.cached_property
    def total(self):
        return 3

    @staticmethod
    def check():
        pass

    @classmethod
    def make(cls):
        return cls("x")


class Mirror(Disk):
    def __new__(cls, *arguments):
        return super().__new__(cls)

    def load(self):
        return super().load() + 1

    @property
    def size(self):
        return 4


class Memory(Store):
    def load(self):
        return 3


class Elsewhere:
    def load(self):
        return 5


class Timed:
    def close(self):
        return 6


class TimedDisk(Timed, Disk):
    pass


class Assigned(Disk):
    load = Elsewhere.load


class Loader(Protocol):
    def fetch(self) -> int: ...


class Plain:
    pass


class Outer:
    class Inner:
        def __init__(self):
            pass

        def work(self):
            pass

    def make(self):
        return Outer.Inner()


def open_store() -> Store:
    return Disk("x")


def logged(function):
    @functools.wraps(function)
    def wrapper(*arguments):
        return function(*arguments)

    return wrapper


@logged
def decorated():
    return 1


async def fetch():
    return Disk("y")


def items():
    yield Disk("z")
"""

CALLS = """
from typing import Annotated, Any

from fastapi import Depends, FastAPI

from app import stores
from app.stores import (
    Disk, Loader, Memory, Mirror, Outer, Plain, Store, decorated, fetch, items, open_store,
)

app = FastAPI()


@app.get("/")
async def by_default(first: Disk = Depends(open_store)):
    return first.load()


@app.get("/annotated")
async def by_annotation(second: Annotated[Disk, Depends(open_store)]):
    return second.load()


def methods(store: Store, anything: Any, thing: object, untyped, loader: Loader, maybe: Disk | None):
    store.load()
    store.close()
    anything.load()
    thing.load()
    untyped.load()
    loader.fetch()
    maybe.load()
    open_store().load()
    Disk.check()
    Mirror.make()
    stores.decorated()
    bound = store.close
    bound()
    if isinstance(untyped, Memory):
        untyped.load( )
    either = Mirror if maybe else Memory
    either(1)
    é = "é"; maybe.close()
    [entry.load() for entry in [store]]
    (lambda: loader.absent(store.close( )))()


def constructors():
    Disk(1)
    Mirror(2)
    Memory()
    Plain()
    Outer.make(Outer()).work()

    class Local:
        def __init__(self):
            pass

    Local()
    len("x")
    TypeError("x")


def attributes(disk: Disk, mirror: Mirror):
    disk.size
    mirror.size
    disk.total
    disk.path


async def coroutines():
    (await fetch()).load()

    def inner():
        pass

    inner()
    for item in items():
        item.load()


class Service:
    def __init__(self, disk: Disk, other=None):
        self.disk = disk
        self.other = other

    def run(self):
        self.disk.load()
        self.other.load()
        self.step()

    def step(self):
        pass


class Special(Service):
    def step(self):
        super().step()
"""

WALKS = """
from contextlib import contextmanager


class Resource:
    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    async def __aenter__(self):
        return self

    async def __aexit__(self, *error):
        pass

    def __iter__(self):
        return self

    def __next__(self):
        return 1

    def __aiter__(self):
        return self

    async def __anext__(self):
        return 1

    def __call__(self):
        pass


class Child(Resource):
    def __exit__(self, *error):
        pass


@contextmanager
def managed():
    yield Resource()


async def use(a: Child, b: Child, c: Child, d: Child, e: Child, f: Child, g: Child, anything):
    with a as x, managed() as _:
        z = x
        z()
    async with b:
        pass
    for _ in c:
        pass
    async for _ in d:
        pass
    [n for n in e]
    next(f)
    iter(g)
    with anything:
        pass
"""

DATA = """
from dataclasses import dataclass
from typing import NamedTuple, overload

from pydantic import BaseModel


@dataclass
class Point:
    x: int

    def __post_init__(self):
        pass


@dataclass
class Bare:
    x: int


class Model(BaseModel):
    def save(self):
        pass


class Many:
    @overload
    def pick(self, x: int) -> int: ...
    @overload
    def pick(self, x: str) -> str: ...
    def pick(self, x):
        return x


def use(model: Model, many: Many):
    Point(1)
    Bare(1)
    model.save()
    Model(x=1)
    many.pick(1)
"""

NEW = """
type Pair[T] = tuple[T, T]


class Box[T = int]:
    def take(self) -> T: ...

    def give(self, value: T) -> None:
        pass


def work():
    try:
        pass
    except ValueError, TypeError:
        pass
    t"{Box().give(1)}"
    return f"{f"{Box().give(2)}"}"
"""


@pytest.fixture(scope="session")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    """One project with all shapes, asked once."""
    folder = tmp_path_factory.mktemp("shapes")
    sources: dict[str, str | bytes] = {
        "app/__init__.py": "",
        "app/stores.py": STORES,
        "app/calls.py": CALLS,
        "app/walks.py": WALKS,
        "app/data.py": DATA,
        "app/new.py": NEW,
        "app/broken.py": "def f(:\n    pass\n\n\ndef g():\n    pass\n\n\ng()\n",
        "app/latin.py": b"def f():\n    pass\n\n\nf()\n# \xff\xfe\n",
        "app/bom.py": b"\xef\xbb\xbfdef f():\r\n    pass\r\n\r\n\r\nf()\r\n",
    }
    project = project_of(folder / "project", sources)
    workplace = folder / "workplace"
    workplace.mkdir()
    pending = Pyrefly().start(project, workplace)
    yield Asked(project, pending.wait())
    pending.cancel()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("first.load()", {"Disk.load", "Mirror.load"}),
        ("second.load()", {"Disk.load", "Mirror.load"}),
        ("store.load()", {"Disk.load", "Mirror.load", "Memory.load"}),
        ("    «store.close()»\n", {"Store.close", "Timed.close"}),
        ("bound()", {"Store.close", "Timed.close"}),
        ("maybe.load()", {"Disk.load", "Mirror.load"}),
        ("maybe.close()", {"Store.close", "Timed.close"}),
        ("untyped.load( )", {"Memory.load"}),
        ("open_store().load()", {"Disk.load", "Mirror.load", "Memory.load"}),
        ("Disk.check()", {"Disk.check"}),
        ("Mirror.make()", {"Disk.make"}),
        ("stores.decorated()", {"decorated"}),
        ("entry.load()", {"Disk.load", "Mirror.load", "Memory.load"}),
        ("store.close( )", {"Store.close", "Timed.close"}),
        ("(await fetch()).load()", {"Disk.load", "Mirror.load"}),
        ("item.load()", {"Disk.load", "Mirror.load"}),
        ("self.disk.load()", {"Disk.load", "Mirror.load"}),
        ("Outer.make(Outer()).work()", {"Outer.Inner.work"}),
        ("in «items()»", {"items"}),
        ("await «fetch()»", {"fetch"}),
    ],
)
def test_a_call_answers_with_what_the_receivers_type_may_run(shapes: Asked, text: str, expected: set[str]) -> None:
    assert shapes.calls("app/calls.py", text) == {f"app/stores.py:{name}" for name in expected}


@pytest.mark.parametrize(
    "text",
    ["anything.load()", "\n    «thing.load()»", "untyped.load()", "self.other.load()", "loader.absent(store.close( ))"],
)
def test_a_receiver_without_a_type_answers_nothing(shapes: Asked, text: str) -> None:
    assert shapes.calls("app/calls.py", text) == set()


def test_a_method_without_a_body_is_never_an_answer(shapes: Asked) -> None:
    assert shapes.calls("app/calls.py", "loader.fetch()") == set()


def test_a_function_within_a_function_is_found(shapes: Asked) -> None:
    assert shapes.calls("app/calls.py", "\n    «inner()»") == {"app/calls.py:coroutines.inner"}


def test_a_method_of_self_answers_with_overrides_and_super_with_none(shapes: Asked) -> None:
    assert shapes.calls("app/calls.py", "self.step()") == {"app/calls.py:Service.step", "app/calls.py:Special.step"}
    assert shapes.calls("app/calls.py", "super().step()") == {"app/calls.py:Service.step"}


def test_a_target_knows_the_class_that_it_is_called_on(shapes: Asked) -> None:
    assert shapes.receivers("app/calls.py", "store.load()") == {
        "app.stores.Disk",
        "app.stores.Mirror",
        "app.stores.Memory",
    }
    assert shapes.receivers("app/calls.py", "stores.decorated()") == {None}


@pytest.mark.parametrize(
    ("text", "calls", "constructs"),
    [
        ("Disk(1)", {"stores.py:Disk.__init__"}, {"stores.Disk"}),
        ("Mirror(2)", {"stores.py:Disk.__init__", "stores.py:Mirror.__new__"}, {"stores.Mirror"}),
        ("Memory()", set(), {"stores.Memory"}),
        ("Plain()", set(), {"stores.Plain"}),
        ("Local()", {"calls.py:constructors.Local.__init__"}, {"calls.constructors.Local"}),
        (
            "either(1)",
            {"stores.py:Disk.__init__", "stores.py:Mirror.__new__"},
            {"stores.Mirror", "stores.Memory"},
        ),
        ('len("x")', set(), set()),
        ('TypeError("x")', set(), set()),
    ],
)
def test_a_call_of_a_class_answers_with_its_constructors_and_its_name(
    shapes: Asked, text: str, calls: set[str], constructs: set[str]
) -> None:
    assert shapes.calls("app/calls.py", text) == {f"app/{name}" for name in calls}
    assert shapes.constructs("app/calls.py", text) == {f"app.{name}" for name in constructs}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("    «disk.size»\n", {"Disk.size", "Mirror.size"}),
        ("mirror.size", {"Mirror.size"}),
        ("disk.total", {"Disk.total"}),
        ("disk.path", set()),
        ("self.disk.load", set()),
    ],
)
def test_an_attribute_access_answers_with_property_getters(shapes: Asked, text: str, expected: set[str]) -> None:
    assert shapes.properties("app/calls.py", text) == {f"app/stores.py:{name}" for name in expected}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("with «a» as x", {"Resource.__enter__", "Child.__exit__"}),
        ("async with «b»:", {"Resource.__aenter__", "Resource.__aexit__"}),
        (" for _ in «c»:", {"Resource.__iter__", "Resource.__next__"}),
        ("async for _ in «d»:", {"Resource.__aiter__", "Resource.__anext__"}),
        ("for n in «e»]", {"Resource.__iter__", "Resource.__next__"}),
        ("next(f)", {"Resource.__next__"}),
        ("iter(g)", {"Resource.__iter__"}),
        ("with «anything»:", set()),
    ],
)
def test_what_is_called_without_being_written_is_asked_for_apart(shapes: Asked, text: str, expected: set[str]) -> None:
    assert shapes.implicit("app/walks.py", text) == {f"app/walks.py:{name}" for name in expected}
    assert shapes.calls("app/walks.py", text) == set()


def test_a_generator_made_a_context_manager_is_answered_at_its_call(shapes: Asked) -> None:
    assert shapes.calls("app/walks.py", ", «managed()» as") == {"app/walks.py:managed"}
    assert shapes.implicit("app/walks.py", ", «managed()» as") == set()


def test_an_object_that_is_called_answers_with_its_dunder_call(shapes: Asked) -> None:
    assert shapes.calls("app/walks.py", "next(f)") == set()
    assert shapes.calls("app/walks.py", "    «z()»\n") == {"app/walks.py:Resource.__call__"}


def test_a_dataclass_answers_with_what_its_made_up_constructor_calls(shapes: Asked) -> None:
    assert shapes.calls("app/data.py", "Point(1)") == {"app/data.py:Point.__post_init__"}
    assert shapes.constructs("app/data.py", "Point(1)") == {"app.data.Point"}
    assert shapes.calls("app/data.py", "Bare(1)") == set()
    assert shapes.constructs("app/data.py", "Bare(1)") == {"app.data.Bare"}


def test_a_class_below_a_library_class_that_is_not_at_hand_keeps_its_own_methods(shapes: Asked) -> None:
    assert shapes.calls("app/data.py", "model.save()") == {"app/data.py:Model.save"}
    assert shapes.calls("app/data.py", "Model(x=1)") == set()


def test_an_overloaded_method_answers_with_the_one_that_has_a_body(shapes: Asked) -> None:
    [target] = shapes.graph.calls(*shapes.place("app/data.py", "many.pick(1)"))
    assert (shapes.project.root / "app/data.py").read_text().splitlines()[target.line].strip() == "return x"


def test_syntax_newer_than_the_host_is_answered(shapes: Asked) -> None:
    for text in ("Box().give(1)", "Box().give(2)"):
        assert shapes.calls("app/new.py", text) == {"app/new.py:Box.give"}


def test_a_file_that_does_not_parse_loses_neither_the_others_nor_its_own_rest(shapes: Asked) -> None:
    assert shapes.calls("app/broken.py", "\n«g()»\n") == {"app/broken.py:g"}
    assert shapes.graph.unanswered == ()


def test_a_byte_order_mark_and_foreign_line_ends_do_not_move_a_place(shapes: Asked) -> None:
    path = shapes.project.root / "app/bom.py"
    assert [target.line for target in shapes.graph.calls(path, Span(5, 0, 5, 3))] == [1]


def test_a_place_where_nothing_is_called_and_a_file_of_no_project_answer_nothing(shapes: Asked) -> None:
    path = shapes.project.root / "app/calls.py"
    for ask in (shapes.graph.calls, shapes.graph.constructs, shapes.graph.properties, shapes.graph.implicit):
        assert list(ask(path, Span(1, 0, 1, 1))) == []
        assert list(ask(path.with_name("absent.py"), Span(1, 0, 1, 1))) == []
