"""Which code a process has: a digest of a package's sources, and versions. Asked on both sides of a cluster."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import importlib.util
import platform
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec

PACKAGES = ("clearway", "fastapi", "pydantic")


@functools.cache
def versions() -> tuple[tuple[str, str], ...]:
    """(name, version) of Python and of the packages that both sides should agree on."""
    found = [("python", platform.python_version())]
    for name in PACKAGES:
        try:
            found.append((name, importlib.metadata.version(name)))
        except importlib.metadata.PackageNotFoundError:
            found.append((name, "none"))
    return tuple(found)


@functools.cache
def digest(module: str) -> str | None:
    """SHA-256, shortened, of all Python sources of the package that a module is in, or of the module that is in none.

    Read once: the code that a process has loaded is that of its start. None where there are no sources.
    Raises ModuleNotFoundError where this process cannot import the package.
    """
    _, spec = _package(module)
    files = _sources(spec)
    if not files:
        return None
    whole = hashlib.sha256()
    for name, file in files:
        data = file.read_bytes()
        whole.update(f"{name}\0{len(data)}\0".encode())
        whole.update(data)
    return whole.hexdigest()[:16]


def package_of(module: str) -> str:
    """The package whose sources `digest` reads."""
    return _package(module)[0]


def _package(module: str) -> tuple[str, ModuleSpec]:
    """The outermost package with code of its own: a folder without `__init__.py` may hold anything."""
    parts = module.split(".")
    for length in range(1, len(parts) + 1):
        name = ".".join(parts[:length])
        spec = importlib.util.find_spec(name)
        if spec is None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        if spec.origin is not None:
            return name, spec
    raise ModuleNotFoundError(f"No module named {module!r}", name=module)


def _sources(spec: ModuleSpec) -> list[tuple[str, Path]]:
    found: list[tuple[str, Path]] = []
    if spec.submodule_search_locations is None:
        if spec.origin is not None and spec.origin.endswith(".py"):
            found.append((Path(spec.origin).name, Path(spec.origin)))
    else:
        for folder in map(Path, spec.submodule_search_locations):
            found += [(file.relative_to(folder).as_posix(), file) for file in folder.rglob("*.py")]
    return sorted((name, file) for name, file in found if file.is_file())


def describe(modules: tuple[str, ...]) -> dict[str, str | None]:
    """Versions by name, and for each module the digest of its package; `missing` where it cannot be imported here."""
    found: dict[str, str | None] = dict(versions())
    for module in modules:
        try:
            found[module] = digest(module)
        except ModuleNotFoundError:
            found[module] = "missing"
    return found
