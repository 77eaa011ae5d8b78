"""What a frame is calling right now, as a short name: `time.sleep`, `socket.socket.recv`, `json.loads`.

Read from the source text of the current instruction; types of local variables make `conn.recv` into
`socket.socket.recv`. No attribute access runs the user's code, and nothing here raises.
"""

from __future__ import annotations

import builtins
import re
import types
from itertools import islice
from typing import TYPE_CHECKING, Any

from clearway.runtime.stalls.source import lines_of
from clearway.runtime.stalls.stack import Origin, origin_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import CodeType, FrameType

_LONGEST = 80
_MOST_KNOWN = 4_096
# The network primitive says more than the client library's entry point.
_TELLING_MODULES = frozenset({"socket", "ssl"})
_UNKNOWN = object()
_DOTTED = re.compile(r"[^\W\d]\w*(?:\s*\.\s*[^\W\d]\w*)*")
_WITH = re.compile(r"(?:async\s+)?with\b")
_known: dict[tuple[CodeType, int], str | None] = {}


class Site:
    """The instruction whose operation is asked for, without its frame."""

    __slots__ = ("callee", "code", "lasti", "scope")

    def __init__(self, frame: FrameType, callee: str | None) -> None:
        self.code = frame.f_code
        self.lasti = frame.f_lasti
        self.scope: dict[str, Any] = frame.f_globals
        self.callee = callee


def site_of(frames: list[FrameType]) -> tuple[Site, FrameType] | None:
    """Where to look in a stack (innermost first): the deepest call made from code outside the stdlib."""
    # In a collection the innermost frame is our own.
    while frames and origin_of(frames[0].f_code) is Origin.CLEARWAY:
        frames = frames[1:]
    if not frames:
        return None
    deepest = frames[0]
    if deepest.f_globals.get("__name__") in _TELLING_MODULES:
        return Site(deepest, None), deepest
    callee: FrameType | None = None
    for frame in frames:
        if origin_of(frame.f_code) is not Origin.STDLIB:
            return Site(frame, None if callee is None else _qualified(callee)), frame
        callee = frame
    return Site(deepest, None), deepest


def _qualified(frame: FrameType) -> str | None:
    module = frame.f_globals.get("__name__")
    name = frame.f_code.co_qualname
    # A comprehension or a generator of the stdlib says nothing to the user.
    return f"{module}.{name}" if isinstance(module, str) and "<" not in name else None


def name_operation(site: Site, frame: FrameType | None = None) -> str | None:
    """The name of what happens at `site`. With `frame`, types of its local variables are used and kept."""
    try:
        if site.callee is not None:
            return site.callee[:_LONGEST]
        key = (site.code, site.lasti)
        if key not in _known:
            found = _read(site, {} if frame is None else frame.f_locals)
            if frame is None:
                return found
            if len(_known) >= _MOST_KNOWN:
                _known.clear()
            _known[key] = found
        return _known[key]
    except Exception:
        return None


def _read(site: Site, local: Mapping[str, Any]) -> str | None:
    text = _source(site)
    callee = None if text is None else _callee(text)
    if callee is None:
        return None
    if _DOTTED.fullmatch(callee):
        *owners, last = (part.strip() for part in callee.split("."))
        owner = value_of(owners, local, site.scope) if owners else _UNKNOWN
        value = value_of([*owners, last], local, site.scope)
        name = None if value is _UNKNOWN else _name_of(value)
        if name is None and owner is not _UNKNOWN:
            name = _method(owner, last)
        return (name or ".".join([*owners, last]))[:_LONGEST]
    return " ".join(callee.split())[:_LONGEST]


def _callee(text: str) -> str | None:
    """What an expression calls: `time.sleep` for `await (time.sleep(x))`, None where it is no call.

    Read without the compiler: on Python 3.11 two threads that parse at once can fail each other, when a
    collection comes between, and the other thread would be the user's.
    """
    text = text.strip()
    if text.startswith("await "):
        text = text[6:].strip()
    if not text.endswith(")"):
        return None
    depth = 0
    for index in range(len(text) - 1, -1, -1):
        if text[index] in ")]}":
            depth += 1
        elif text[index] in "([{":
            depth -= 1
            if depth == 0:
                return text[:index].strip() or _callee(text[1:-1])
    return None


def _source(site: Site) -> str | None:
    """The text of the expression that the current instruction belongs to."""
    position = next(islice(site.code.co_positions(), max(site.lasti, 0) // 2, None), None)
    if position is None or None in position:
        return None
    line, last, column, end = (number or 0 for number in position)
    lines = lines_of(site.code.co_filename, line, last, site.scope)
    if not lines:
        return None
    # Columns count UTF-8 bytes.
    encoded = [text.encode() for text in lines]
    encoded[-1] = encoded[-1][:end]
    encoded[0] = encoded[0][column:]
    text = b"".join(encoded).decode()
    entered = _WITH.match(text)
    return text if entered is None else _context(text[entered.end() :])


def _context(text: str) -> str | None:
    """What the rest of a `with` statement enters: Python 3.11 says of entering and leaving that they are the whole
    statement, later ones the expression. None where there are several, and nobody knows which is meant."""
    depth = 0
    for index, character in enumerate(text):
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif depth == 0 and character == ",":
            return None
        elif depth == 0 and character == ":":
            return text[:index].partition(" as ")[0]
    return None


def value_of(names: list[str], local: Mapping[str, Any], scope: Mapping[str, Any]) -> Any:
    """What a dotted name stands for, looked up without running any code."""
    first, *rest = names
    found = next((known[first] for known in (local, scope, vars(builtins)) if first in known), _UNKNOWN)
    for name in rest:
        if found is _UNKNOWN:
            break
        found = _member(found, name)
    return found


def _member(owner: Any, name: str) -> Any:
    try:
        own = object.__getattribute__(owner, "__dict__")
    except AttributeError:
        own = {}
    if name in own:
        return own[name]
    classes = type.__getattribute__(owner, "__mro__") if isinstance(owner, type) else type(owner).__mro__
    for cls in classes:
        found = vars(cls).get(name, _UNKNOWN)
        if found is not _UNKNOWN:
            if isinstance(owner, type) or not hasattr(type(found), "__set__"):
                return found
            # A slot can be read without running code; a property cannot.
            return found.__get__(owner) if isinstance(found, types.MemberDescriptorType) else _UNKNOWN
    return _UNKNOWN


def _name_of(value: Any) -> str | None:
    """A module-level function's or a class's own name, whatever it was imported as."""
    if isinstance(value, types.BuiltinFunctionType):
        bound_to = value.__self__
        if bound_to is not None and not isinstance(bound_to, types.ModuleType):
            return f"{_class_name(type(bound_to))}.{value.__name__}"
    elif not isinstance(value, type | types.FunctionType):
        return None
    module, name = value.__module__, value.__qualname__
    if isinstance(value, types.FunctionType) and "." in name:
        return None  # a method: named after the object it is called on
    return name if module in ("builtins", "_io", "io") else f"{module}.{name}"


def _method(owner: Any, name: str) -> str | None:
    if isinstance(owner, types.ModuleType):
        return None
    cls = owner if isinstance(owner, type) else type(owner)
    return f"{_class_name(cls)}.{name}"


def _class_name(cls: type) -> str:
    return cls.__qualname__ if cls.__module__ in ("builtins", "__main__") else f"{cls.__module__}.{cls.__qualname__}"
