"""Functions by name: how another process finds a callable again, and which it never could."""

from __future__ import annotations

import functools
import importlib
import inspect
import sys
from typing import TYPE_CHECKING, Any

from clearway.model import CannotTravel

if TYPE_CHECKING:
    from collections.abc import Callable


def unreachable(func: Callable[..., Any]) -> str | None:
    """Why a function cannot be found again by its name, as the end of a sentence; None where it can."""
    while isinstance(func, functools.partial):
        func = func.func
    try:
        reference(func)
    except CannotTravel as error:
        return str(error)
    return None


def reference(func: Callable[..., Any]) -> tuple[Any, ...]:
    """How the other side finds a callable again. Raises CannotTravel with the end of a sentence."""
    if isinstance(func, functools.partial):
        return "partial", reference(func.func), func.args, func.keywords
    name = getattr(func, "__qualname__", None)
    if not isinstance(name, str):
        return "value", func  # an instance that can be called
    owner = getattr(func, "__self__", None)
    if owner is not None and not isinstance(owner, type) and not inspect.ismodule(owner):
        return "method", owner, func.__name__
    module = getattr(func, "__module__", None) or "builtins"
    if isinstance(owner, type):  # a class method, which may be inherited
        module, name = owner.__module__, f"{owner.__qualname__}.{func.__name__}"
    if "<lambda>" in name:
        raise CannotTravel("is a lambda, which has no name in its module")
    if "<locals>" in name:
        raise CannotTravel("is defined inside another function, so it has no name in its module")
    if module == "__main__" and (reason := _main_is_unreachable()) is not None:
        raise CannotTravel(reason)
    depth = 0
    found = _named(module, name)
    while found is not func and found != func:  # a bound classmethod is made anew each time, and equal
        found = getattr(found, "__wrapped__", None)
        depth += 1
        if found is None:
            raise CannotTravel(f"is not what {module}.{name} names: define it at the top of a module")
    return "name", module, name, depth


def _main_is_unreachable() -> str | None:
    main = sys.modules["__main__"]
    if getattr(main, "__file__", None) is None:
        return "is defined in an interactive session, which has no file"
    name = getattr(getattr(main, "__spec__", None), "name", "")
    if name == "__main__" or name.endswith(".__main__"):
        return "is defined in a __main__.py, which a worker cannot import: move it to another module"
    return None


def _named(module: str, name: str) -> Any:
    found: Any = sys.modules.get(module) or importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def resolve(reference: tuple[Any, ...]) -> Callable[..., Any]:
    """The callable that a reference means here. Raises CannotTravel where there is none."""
    kind, *rest = reference
    found: Any
    if kind == "name":
        module, name, depth = rest
        found = _named(module, name)
        for _ in range(depth):
            found = getattr(found, "__wrapped__", None)
        if found is None:
            raise CannotTravel(f"there is no {module}.{name} in the worker: both must run the same code")
    elif kind == "partial":
        inner, args, keywords = rest
        found = functools.partial(resolve(inner), *args, **keywords)
    else:
        found = getattr(*rest) if kind == "method" else rest[0]
    called: Callable[..., Any] = found
    return called
