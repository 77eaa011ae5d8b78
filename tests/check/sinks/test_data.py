"""The data files as a whole: strict, without contradictions, and about names that exist."""

from __future__ import annotations

import importlib
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from clearway.check.sinks import Library
from clearway.check.sinks.reader import DATA, Family, read_file
from clearway.check.sinks.returned import named_class
from clearway.model import Severity, SinkKind
from tests.check.sinks.tables import looked_at

FILES = sorted(DATA.glob("*.toml"))
FAMILIES = [read_file(path) for path in FILES]
BY_FILE = {path.stem: family for path, family in zip(FILES, FAMILIES, strict=True)}

TABLES = ("sinks", "every", "same", "bases", "returns", "attributes", "offloads", "schedules")

NOT_ON_EVERY_PYTHON = {
    # Newer than the oldest Python.
    "concurrent.futures.InterpreterPoolExecutor",
    "copy.replace",
    "concurrent.futures.interpreter",
    "os.path.isjunction",
    "pathlib.Path.copy",
    "pathlib.Path.copy_into",
    "pathlib.Path.is_junction",
    "pathlib.Path.move",
    "pathlib.Path.move_into",
    "pathlib.Path.walk",
    "pathlib.PurePath.with_segments",
    "pathlib._local",
    "_thread.lock",
    # Gone from newer ones.
    "pathlib.Path.link_to",
    "nntplib.NNTP",
    "nntplib.NNTP_SSL",
    "telnetlib.Telnet",
    # On other systems only, or where the interpreter was built so.
    "asyncio.ProactorEventLoop",
    "selectors.KqueueSelector",
    "nt",
    "sqlite3.Connection.load_extension",
    # Methods of objects whose class is not to be had by a name: locks, polls, iterators, streams.
    "threading.Lock.acquire",
    "threading.Lock.__enter__",
    "threading.RLock.acquire",
    "threading.RLock.__enter__",
    "threading.Condition.acquire",
    "select.poll.poll",
    "os.ScandirIterator.__iter__",
    "os.walk.Iterator.__iter__",
    "glob.iglob.Iterator.__iter__",
    "pathlib.Path.iterdir.Iterator.__iter__",
    "pathlib.Path.glob.Iterator.__iter__",
    "pathlib.Path.rglob.Iterator.__iter__",
    "pathlib.Path.walk.Iterator.__iter__",
    "os.ScandirIterator.__enter__",
    "os._wrap_close.read",
    "os._wrap_close.readline",
    "os._wrap_close.readlines",
    "concurrent.futures.ResultIterator.__iter__",
    "concurrent.futures.ResultIterator.__next__",
    *(f"dbm.Database.{method}" for method in ("get", "keys", "items", "values", "sync", "close")),
    *(f"dbm.Database.__{method}__" for method in ("getitem", "setitem", "delitem", "contains", "iter")),
    "sys.stdin.__iter__",
}
"""Names of the standard library's data that need not be there. Each is named for what it stands for."""

AT_HAND = {
    "requests": ("requests",),
    "httpx": ("httpx", "httpcore"),
    "anyio": ("anyio",),
    "web": ("starlette", "fastapi"),
}
"""Files whose libraries the developer's environment has, and the roots that are checked."""

STANDS_FOR = {
    "fastapi.UploadFile.file": "an attribute that is made in `__init__`",
}


def test_every_operation_is_well_described() -> None:
    for family in FAMILIES:
        entries = [*family.sinks.values(), *(every.entry for every in family.every.values())]
        for entry in entries:
            assert entry.family == family.name
            assert entry.kind in SinkKind
            assert entry.severity in Severity
            assert entry.fix[:1].isupper(), entry
            assert entry.fix.endswith("."), entry
            assert "\n" not in entry.fix, entry
            for unless in entry.unless:
                assert unless.keyword.isidentifier()
                assert unless.value is None or isinstance(unless.value, (bool, int, float, str))


def test_no_family_says_what_another_says() -> None:
    said = defaultdict(list)
    for stem, family in BY_FILE.items():
        for table in TABLES:
            for name in getattr(family, table):
                said[table, name].append(stem)
    assert {key: stems for key, stems in said.items() if len(stems) > 1} == {}
    names = [family.name for family in FAMILIES]
    assert len(names) == len(set(names))


def test_a_package_is_spoken_for_by_one_family_only() -> None:
    """The modules of the standard library are many families' subject: each knows its part."""
    speakers = defaultdict(list)
    for stem, family in BY_FILE.items():
        for package in family.packages:
            if package.partition(".")[0] not in sys.stdlib_module_names:
                speakers[package].append(stem)
    assert {package: stems for package, stems in speakers.items() if len(stems) > 1} == {}


def test_a_package_without_a_word_about_it_was_looked_at() -> None:
    """To speak for a package and say nothing of it would be silence that looks like safety."""
    silent = set()
    for stem, family in BY_FILE.items():
        words = {name for table in TABLES for name in getattr(family, table)} | family.classes | family.reenters
        for package in family.packages:
            said = any(_below(word, package) for word in words)
            if stem != "pure" and package.partition(".")[0] not in sys.stdlib_module_names and not said:
                silent.add(package)
    assert silent == looked_at()


def test_names_are_canonical_where_something_is_said_of_them() -> None:
    """An entry under another name than the canonical one would never be found."""
    library = Library.load()
    for family in FAMILIES:
        for table in TABLES:
            if table == "same":
                continue
            for name in getattr(family, table):
                plain = name.removesuffix(".*")
                assert library.canonical(plain) == plain, f"{family.name}: {table}: {name}"


def test_names_for_the_same_thing_lead_somewhere_and_not_in_circles() -> None:
    library = Library.load()
    for family in FAMILIES:
        for name in family.same:
            target = library.canonical(name)
            assert target != name
            assert library.canonical(target) == target


def test_classes_that_are_returned_or_inherited_are_known_as_classes() -> None:
    library = Library.load()
    for family in FAMILIES:
        named = {named_class(returned) for table in (family.returns, family.attributes) for returned in table.values()}
        named.update(base for bases in family.bases.values() for base in bases)
        for name in named - {""}:
            assert library.canonical(name) == name, f"{family.name}: {name}"
            assert library.is_class(name), f"{family.name}: {name}"


def test_inheritance_has_no_circles() -> None:
    library = Library.load()
    for family in FAMILIES:
        for name in family.bases:
            assert name not in library.bases(name)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("stem", [stem for stem in BY_FILE if stem.startswith("stdlib_")] + ["asyncio"])
def test_names_of_the_standard_library_exist(stem: str) -> None:
    missing = [
        name
        for name in _names(BY_FILE[stem])
        if name.partition(".")[0] in sys.stdlib_module_names and not _exists(name)
    ]
    assert set(missing) <= NOT_ON_EVERY_PYTHON


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:Using `httpx`")
@pytest.mark.parametrize("stem", AT_HAND)
def test_names_of_libraries_at_hand_exist(stem: str) -> None:
    names = [name for name in _names(BY_FILE[stem]) if name.partition(".")[0] in AT_HAND[stem]]
    assert names
    missing = [name for name in names if not _exists(name) and not any(_below(name, pseudo) for pseudo in STANDS_FOR)]
    assert missing == []


def test_every_file_is_packaged_and_readable() -> None:
    assert len(FILES) >= 40
    assert all(path.parent == Path(DATA) for path in FILES)


def _names(family: Family) -> list[str]:
    """All names that a family speaks of, `Class.*` as the class, but attributes, which only objects have."""
    tables = [table for table in TABLES if table != "attributes"]
    found = {name.removesuffix(".*") for table in tables for name in getattr(family, table)}
    found.update(family.same.values(), family.reenters, *family.bases.values())
    return sorted(found)


def _exists(name: str) -> bool:
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False


def _below(name: str, owner: str) -> bool:
    return name == owner or name.startswith(owner + ".")
