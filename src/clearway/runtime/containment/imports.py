"""Changes to modules that are not imported yet: made when they are."""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

    from clearway.runtime.containment.replacing import Change

_log = logging.getLogger("clearway")


@dataclass(frozen=True, slots=True)
class WhenImported:
    """Changes to a module, made at once where it is loaded, else right after it has been."""

    module: str
    changes: Callable[[ModuleType], Iterable[Change]]
    """Called with the loaded module."""

    def put(self) -> Callable[[], None]:
        undo: list[Callable[[], None]] = []

        def make(module: ModuleType) -> None:
            undo.extend(change.put() for change in self.changes(module))

        loaded = sys.modules.get(self.module)
        if loaded is not None and not _is_being_imported(loaded):
            make(loaded)
        else:
            FINDER.watch(self.module, make)

        def back() -> None:
            FINDER.forget(self.module, make)
            while undo:
                undo.pop()()

        return back


def _is_being_imported(module: ModuleType) -> bool:
    return bool(getattr(getattr(module, "__spec__", None), "_initializing", False))


class _Finder:
    """On `sys.meta_path` while somebody waits for a module: has the others find it, and is told when it has run."""

    def __init__(self) -> None:
        self._watched: dict[str, list[Callable[[ModuleType], None]]] = {}
        self._searching: set[str] = set()

    def watch(self, name: str, action: Callable[[ModuleType], None]) -> None:
        self._watched.setdefault(name, []).append(action)
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def forget(self, name: str, action: Callable[[ModuleType], None]) -> None:
        actions = self._watched.get(name, [])
        if action in actions:
            actions.remove(action)
        if not actions:
            self._watched.pop(name, None)
        if not self._watched and self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in self._watched or name in self._searching:
            return None
        self._searching.add(name)
        try:
            spec = find_spec(name)
        except (ImportError, ValueError):
            return None
        finally:
            self._searching.discard(name)
        if spec is not None and spec.loader is not None and hasattr(spec.loader, "exec_module"):
            spec.loader = cast("Any", _Loader(spec.loader))
        return spec

    def loaded(self, module: ModuleType) -> None:
        for action in self._watched.pop(module.__name__, []):
            try:
                action(module)
            except Exception as error:  # the import is the user's, and has succeeded
                _log.exception("Clearway cannot contain what is in %s: %s", module.__name__, error)
        if not self._watched and self in sys.meta_path:
            sys.meta_path.remove(self)


FINDER = _Finder()


class _Loader:
    """The loader that was found; afterwards the module is changed. It is the module's own again before it runs."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        created: ModuleType | None = self._loader.create_module(spec)
        return created

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        FINDER.loaded(module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)
