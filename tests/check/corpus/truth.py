"""What FastAPI itself makes of the cases: imports each and lists its routes. Run as a program of its own.

`python -m tests.check.corpus.truth` writes a `Service` for each case as JSON. Packages that are not installed are
stood in for by modules whose every name is a class that takes anything.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import sys
import tempfile
import types
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends
from fastapi.routing import APIRoute
from starlette.applications import Starlette
from starlette.routing import Mount

from clearway.runtime.framework import code_of, routes_of
from tests.check.corpus.case import Case, all_cases, load


class _Anything(type):
    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Fake()

    def __getitem__(cls, item: object) -> Any:
        return cls

    def __iter__(cls) -> Iterator[Any]:
        return iter(())


class Fake(metaclass=_Anything):
    """Takes every argument, has every attribute, decorates without changing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    def __init_subclass__(cls, **kwargs: Any) -> None: ...

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        decorates = len(args) == 1 and not kwargs and isinstance(args[0], types.FunctionType | type)
        return args[0] if decorates else Fake()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Fake()

    def __getitem__(self, item: object) -> Any:
        return Fake()

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __add__(self, other: object) -> Any:
        return self

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *error: object) -> None: ...


class _Injected:
    """`FromDishka[T]`, `Injected(T)`: FastAPI is not told of what stands there."""

    def __class_getitem__(cls, item: object) -> object:
        return Annotated[Any, Depends(lambda: None)]

    def __new__(cls, *args: object) -> Any:
        return Depends(lambda: None)


CONTAINERS: dict[str, object] = {
    "FromDishka": _Injected,
    "Injected": _Injected,
    "Inject": _Injected,
    "FromComponent": _Injected,
    "DepContainer": Annotated[Any, Depends(lambda: None)],
    "DishkaRoute": APIRoute,
    "DishkaSyncRoute": APIRoute,
    "inject": lambda function: function,
}
CONTAINERS_OF = frozenset({"dishka", "fastapi_injector", "wireup", "aioinject", "svcs"})
DRIVERS = frozenset({"psycopg", "psycopg2", "pymysql", "redis"})
"""Stood in for also where they are installed, for the tests of containment: no case has a server to talk to."""


class Fakes(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Asked last: whatever nobody else finds is a fake. Modules of the case itself must be real."""

    own: frozenset[str] = frozenset()

    def install(self) -> None:
        """From here on, for the life of the process."""
        sys.meta_path.insert(0, _Drivers(self))
        sys.meta_path.append(self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        top = fullname.partition(".")[0]
        if top in self.own or top in sys.stdlib_module_names or (top in sys.modules and not _is_fake(top)):
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType | None:
        return None

    def exec_module(self, module: types.ModuleType) -> None:
        def attribute(name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            if name in CONTAINERS and module.__name__.partition(".")[0] in CONTAINERS_OF:
                return CONTAINERS[name]
            made = _Anything(name, (Fake,), {"__module__": module.__name__})
            setattr(module, name, made)
            return made

        module.__getattr__ = attribute  # type: ignore[method-assign]


class _Drivers(importlib.abc.MetaPathFinder):
    """Asked first."""

    def __init__(self, fakes: Fakes) -> None:
        self._fakes = fakes

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname.partition(".")[0] not in DRIVERS:
            return None
        return self._fakes.find_spec(fullname, path, target)


def _is_fake(name: str) -> bool:
    return isinstance(getattr(sys.modules[name].__spec__, "loader", None), Fakes)


def modules_of(case: Case) -> dict[str, str]:
    """Importable name of every module of a case, and the folder that it is imported from."""
    found: dict[str, str] = {}
    for name in case.files:
        path = Path(name)
        if path.suffix != ".py" or name.startswith(".venv"):
            continue
        root = path.parent
        while (root / "__init__.py").as_posix() in case.files:
            root = root.parent
        parts = path.relative_to(root).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = root.as_posix()
    return found


@dataclass
class Service:
    """What a case turned out to be. A place is `file:line` of a `def`."""

    error: str | None = None
    routes: dict[str, str | None] = field(default_factory=dict)
    """Name to the place of the endpoint; None where that is no function of the case."""
    dependencies: dict[str, list[str]] = field(default_factory=dict)
    """Place to the routes that depend on it."""


def place_of(call: Any, folder: Path) -> str | None:
    """Where the function behind a callable is defined, None where that is not in the case."""
    code = code_of(call)
    if code is None or not Path(code.co_filename).is_relative_to(folder):
        return None
    # A code object starts at its first decorator, a `def` does not.
    lines = Path(code.co_filename).read_text(encoding="utf-8").split("\n")
    start = code.co_firstlineno - 1
    offset = next(n for n, line in enumerate(lines[start:]) if line.lstrip().startswith(("def ", "async def ")))
    return f"{Path(code.co_filename).relative_to(folder).as_posix()}:{start + offset + 1}"


def _dependencies(dependant: Any) -> Iterator[Any]:
    for child in dependant.dependencies:
        yield child.call
        yield from _dependencies(child)


def service(case: Case, fakes: Fakes) -> Service:
    """Import every module of a case; the routes of its apps, those apart that are mounted in others."""
    modules = modules_of(case)
    fakes.own = frozenset(name.partition(".")[0] for name in modules)
    before = set(sys.modules)
    with tempfile.TemporaryDirectory(prefix="case-") as folder:
        case.write(Path(folder))
        roots = [str(Path(folder, root)) for root in sorted(set(modules.values()))]
        sys.path[:0] = roots
        importlib.invalidate_caches()
        try:
            with contextlib.chdir(folder), contextlib.redirect_stdout(sys.stderr):
                loaded = [importlib.import_module(name) for name in modules]
            return _read([value for module in loaded for value in vars(module).values()], Path(folder).resolve())
        finally:
            del sys.path[: len(roots)]
            for name in set(sys.modules) - before:
                if name.partition(".")[0] in fakes.own or _is_fake(name):
                    del sys.modules[name]


def _read(values: list[Any], folder: Path) -> Service:
    apps = {id(value): value for value in values if isinstance(value, Starlette)}
    mounted = {id(route.app) for app in apps.values() for route in app.routes if isinstance(route, Mount)}
    found = Service()
    for key, app in apps.items():
        if key in mounted:
            continue
        for name, route in routes_of(app):
            if name.endswith(GENERATED):
                continue
            found.routes[name] = place_of(route.endpoint, folder)
            dependant = getattr(route, "dependant", None)
            calls = _dependencies(dependant) if dependant is not None else ()
            for place in {place_of(call, folder) for call in calls} - {None}:
                found.dependencies.setdefault(str(place), []).append(name)
    return found


GENERATED = ("/openapi.json", "/docs", "/docs/oauth2-redirect", "/redoc")


def main() -> None:
    """Write the answer for all cases that this interpreter can read."""
    warnings.simplefilter("ignore")
    fakes = Fakes()
    fakes.install()
    answers: dict[str, Any] = {}
    out = os.dup(1)
    os.dup2(2, 1)
    for path in all_cases():
        case = load(path)
        if case.newer is not None and sys.version_info < case.newer:
            continue
        try:
            answers[case.name] = asdict(service(case, fakes))
        except Exception as error:
            answers[case.name] = asdict(Service(f"{type(error).__name__}: {error}"))
    os.write(out, json.dumps(answers).encode())


if __name__ == "__main__":
    main()
