"""Whatever else blocks: run in a thread of the thread lane while its request is suspended.

For the functions and methods that the setting `cooperative` names, and for what cannot be waited for in any other way.
"""

from __future__ import annotations

import functools
import inspect
import logging
import sys
from collections import Counter
from dataclasses import dataclass
from importlib.machinery import PathFinder
from types import ModuleType
from typing import TYPE_CHECKING, Any

from clearway.model import SettingsError
from clearway.runtime import portal
from clearway.runtime.containment.aside import run_aside
from clearway.runtime.containment.everywhere import Everywhere
from clearway.runtime.containment.imports import WhenImported
from clearway.runtime.containment.replacing import Replacement
from clearway.settings import suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from clearway.runtime.containment.replacing import Change

_log = logging.getLogger("clearway")
_IMMUTABLE_TYPE = 1 << 8  # Py_TPFLAGS_IMMUTABLETYPE
_WHERE = "cooperative"


def in_thread(original: Any) -> Any:
    """The same function, which a contained request waits for without holding up its loop."""
    if isinstance(original, (staticmethod, classmethod)):
        return type(original)(in_thread(original.__func__))

    @functools.wraps(original)
    def cooperative(*args: Any, **kwargs: Any) -> Any:
        if not portal.is_open():
            return original(*args, **kwargs)
        return run_aside(original, *args, **kwargs)

    return cooperative


@dataclass(frozen=True, slots=True)
class Listed:
    """One name of the setting, with the part of it that names a module."""

    name: str
    module: str

    @property
    def path(self) -> list[str]:
        """The attributes that lead from the module to the function."""
        return self.name[len(self.module) + 1 :].split(".")

    def replacements(self, module: ModuleType) -> Iterator[Change]:
        """Raises SettingsError where the module has no such function, or none that can be replaced."""
        owner: Any = module
        *outer, last = self.path
        for part in outer:
            owner = _attribute(owner, part, self.name)
        original = _attribute(owner, last, self.name)
        self._check(owner, original)
        if isinstance(owner, ModuleType):
            yield Everywhere(owner, last, in_thread)
        else:
            yield Replacement(owner, last, in_thread)

    def _check(self, owner: Any, original: Any) -> None:
        if inspect.iscoroutinefunction(original) or inspect.isasyncgenfunction(original):
            raise SettingsError(f"{_WHERE}: {self.name!r} is an async def, which waits by itself; take it out")
        if not callable(original) or inspect.isclass(original):
            raise SettingsError(f"{_WHERE}: {self.name!r} is no function; write package.module.function")
        if inspect.isgeneratorfunction(original):
            raise SettingsError(f"{_WHERE}: {self.name!r} is a generator; list a function that it calls")
        if inspect.isclass(owner) and owner.__flags__ & _IMMUTABLE_TYPE:
            raise SettingsError(
                f"{_WHERE}: {self.name!r} is written in C and cannot be replaced; list a function that calls it"
            )


def _attribute(owner: Any, name: str, whole: str) -> Any:
    found = getattr(owner, name, _MISSING)
    if found is _MISSING:
        kind = "module" if isinstance(owner, ModuleType) else "class"
        public = [known for known in dir(owner) if not known.startswith("__")]
        raise SettingsError(f"{_WHERE}: {whole!r}: {kind} {owner.__name__} has no {name!r}{suggest(name, public)}")
    return found


_MISSING = object()


def locate(name: str) -> Listed:
    """Which part of a dotted name is the module. Imports nothing. Raises SettingsError where there is none."""
    parts = name.split(".")
    if len(parts) == 1:
        raise SettingsError(f"{_WHERE}: {name!r} is no function; write package.module.function")
    module = ""
    search: Any = None
    for count in range(1, len(parts)):
        candidate = ".".join(parts[:count])
        loaded = sys.modules.get(candidate)
        if loaded is not None:
            search = getattr(loaded, "__path__", None)
        else:
            if count > 1 and (search is None or hasattr(sys.modules.get(module), parts[count - 1])):
                break
            spec = PathFinder.find_spec(candidate, search)
            if spec is None:
                break
            search = spec.submodule_search_locations
        module = candidate
    if not module:
        tops = {known.partition(".")[0] for known in sys.modules} | set(sys.stdlib_module_names)
        raise SettingsError(f"{_WHERE}: {name!r}: there is no module {parts[0]!r}{suggest(parts[0], tops)}")
    return Listed(name, module)


def check(names: Iterable[str]) -> None:
    """Raise SettingsError for a name that is no function, as far as can be seen without importing its module."""
    for name in names:
        listed = locate(name)
        module = sys.modules.get(listed.module)
        if module is not None:
            list(listed.replacements(module))


class Held:
    """The names that the apps of this process list. A name is replaced while at least one app lists it."""

    def __init__(self) -> None:
        self._count: Counter[str] = Counter()
        self._undo: dict[str, Callable[[], None]] = {}

    def hold(self, names: Iterable[str]) -> None:
        """For one more app. Raises SettingsError, and then holds none of them."""
        names = list(names)
        check(names)
        for name in names:
            self._count[name] += 1
            if self._count[name] == 1:
                listed = locate(name)
                self._undo[name] = WhenImported(listed.module, listed.replacements).put()

    def release(self, names: Iterable[str]) -> None:
        """One app lists them no longer."""
        for name in reversed(list(names)):
            self._count[name] -= 1
            if not self._count[name]:
                self._undo.pop(name)()


HELD = Held()
