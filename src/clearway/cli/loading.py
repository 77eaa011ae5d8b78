"""Importing the app that a target names, and telling an app from what is none."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette

from clearway.cli.place import described
from clearway.model import ClearwayError, shown
from clearway.settings import nearest

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from clearway.cli.target import Target

USUAL_NAMES = ("app", "api")
USUAL_FACTORIES = ("create_app", "make_app", "get_app", "app")


def load_app(target: Target, *, factory: bool = False) -> Any:
    """Import the target and return its ASGI app, made by calling it where it is a factory.

    Raises ClearwayError with one line for everything that can be wrong with it.
    """
    module = _import(target)
    if target.attribute is None:
        name, found = _discovered(module, target, factory)
    else:
        name, found = target.attribute, _attribute(module, target, target.attribute)
    shown_name = f"{shown(target.file) if target.file else target.module}:{name}"
    if factory:
        found = _made(found, shown_name)
    elif (why := _why_no_app(found)) is not None:
        raise ClearwayError(f"{shown_name} {why}")
    return found


def lane_app(app: Any) -> Starlette | None:
    """The FastAPI or Starlette app in this one, through the middleware that somebody wrapped around it."""
    for _ in range(16):
        if isinstance(app, Starlette):
            return app
        app = getattr(app, "app", None)
        if app is None:
            break
    return None


def _import(target: Target) -> ModuleType:
    root = str(target.root)
    if root not in sys.path:
        sys.path.insert(0, root)
    try:
        module = importlib.import_module(target.module)
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # also SystemExit: a script that exits when imported is no app
        if isinstance(error, ModuleNotFoundError) and _is_missing(target, error):
            hint = _similar_module(target)
            raise ClearwayError(f"no module named {error.name!r} in {root}{hint}") from error
        raise ClearwayError(f"{target} raised on import: {described(error)}") from error
    file = getattr(module, "__file__", None)
    if target.file is not None and (file is None or Path(file).resolve() != target.file):
        raise ClearwayError(f"{target}: {target.module!r} is already another module ({file}); rename the file")
    return module


def _is_missing(target: Target, error: ModuleNotFoundError) -> bool:
    """Whether the target itself is missing, and not something that it imports."""
    name = error.name or ""
    if name != target.module and not target.module.startswith(f"{name}."):
        return False
    entries = traceback.extract_tb(error.__traceback__)
    return all("importlib" in entry.filename or entry.filename == __file__ for entry in entries)


def _similar_module(target: Target) -> str:
    parent, _, _ = target.module.rpartition(".")
    folder = target.root.joinpath(*parent.split(".")) if parent else target.root
    prefix = f"{parent}." if parent else ""
    known = [prefix + info.name for info in pkgutil.iter_modules([str(folder)])]
    match = nearest(target.module, known)
    if match is None and parent:
        top = nearest(target.module.split(".")[0], [i.name for i in pkgutil.iter_modules([str(target.root)])])
        match = ".".join([top, *target.module.split(".")[1:]]) if top else None
    return f"; did you mean {match!r}?" if match and match != target.module else ""


def _attribute(module: ModuleType, target: Target, dotted: str) -> Any:
    found: Any = module
    for name in dotted.split("."):
        if not hasattr(found, name):
            owner = (shown(target.file) if target.file else target.module) if found is module else type(found)
            match = nearest(name, (known for known in dir(found) if not known.startswith("_")))
            hint = f"; did you mean {match!r}?" if match else ""
            raise ClearwayError(f"{owner} has no attribute {name!r}{hint}")
        found = getattr(found, name)
    return found


def _discovered(module: ModuleType, target: Target, factory: bool) -> tuple[str, Any]:
    names = vars(module)
    for name in USUAL_FACTORIES if factory else USUAL_NAMES:
        if name in names and (factory or _why_no_app(names[name]) is None):
            return name, names[name]
    if not factory:
        for name, value in names.items():
            if isinstance(value, Starlette):
                return name, value
        for name in USUAL_FACTORIES:
            if inspect.isfunction(names.get(name)):
                raise ClearwayError(f"{target} has no app, but {name}(); try {target}:{name} --factory")
    what = "app factory" if factory else "FastAPI or Starlette app"
    raise ClearwayError(f"{target} has no {what} among its names; say which it is: {target}:NAME")


def _made(found: Any, name: str) -> Any:
    if not callable(found):
        raise ClearwayError(f"{name} is {_kind(found)}, not a factory; drop --factory or name another")
    if isinstance(found, Starlette) or not _takes(found, 0):
        raise ClearwayError(f"{name} cannot be called without arguments, so it is no factory; drop --factory")
    try:
        app = found()
    except Exception as error:
        raise ClearwayError(f"{name}() raised: {described(error)}") from error
    if inspect.iscoroutine(app):
        app.close()
        raise ClearwayError(f"{name} is an async def; a factory has to be a def that returns the app")
    if (why := _why_no_app(app)) is not None:
        raise ClearwayError(f"{name}() returned what {why}")
    return app


def _why_no_app(found: Any) -> str | None:
    """None for an ASGI app; for anything else the end of a sentence that says what it is instead."""
    if isinstance(found, Starlette):
        return None
    if not callable(found):
        return f"is {_kind(found)}, not an ASGI app"
    if _takes(found, 3) or (inspect.isclass(found) and "__call__" in vars(found) and _takes(found, 1)):
        return None
    if _takes(found, 0):
        return "takes no argument: if it makes the app, add --factory"
    if _takes(found, 2):
        return "looks like a WSGI app (two arguments), not an ASGI app; wrap it, as with a2wsgi.WSGIMiddleware"
    return f"is {_kind(found)}, not an ASGI app (scope, receive, send)"


def _takes(found: Callable[..., Any], count: int) -> bool:
    try:
        inspect.signature(found).bind(*([None] * count))
    except TypeError:
        return False
    except ValueError:  # built in, without a signature to read
        return count == 3
    return True


def _kind(value: Any) -> str:
    if inspect.isfunction(value):
        return "a function"
    if inspect.isclass(value):
        return "a class"
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
