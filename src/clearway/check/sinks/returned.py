"""The small language in which data files say what a call gives: `enter[sqlalchemy.Connection]`."""

from __future__ import annotations

import re

from clearway.check.sinks.types import Returned

DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)
_WRAPPED = re.compile(r"(iter|await|enter|call)\[(.+)\]")
_CLASS = re.compile(r"class ([\w.]+)")
_ARGUMENT = re.compile(r"argument (\d+)")

OPAQUE = Returned("opaque")
SELF = Returned("self")


def parse_returned(text: str) -> Returned:
    """What the text says. Raises ValueError.

    `pkg.Class` an object of the class, `class pkg.Class` the class itself, `self`, `opaque`, `argument 0`, and
    `iter[…]`, `await[…]`, `enter[…]`, `call[…]` around any of them.
    """
    if text == "self":
        return SELF
    if text == "opaque":
        return OPAQUE
    if wrapped := _WRAPPED.fullmatch(text):
        # The pattern admits these four shapes only.
        return Returned(wrapped[1], inner=parse_returned(wrapped[2]))  # type: ignore[arg-type]
    if argument := _ARGUMENT.fullmatch(text):
        return Returned("argument", position=int(argument[1]))
    if (named := _CLASS.fullmatch(text)) and DOTTED.fullmatch(named[1]):
        return Returned("class", named[1])
    if "." in text and DOTTED.fullmatch(text):
        return Returned("instance", text)
    raise ValueError(f"{text!r} does not say what is returned")


def named_class(returned: Returned) -> str:
    """The class that stands inside, empty where there is none."""
    return named_class(returned.inner) if returned.inner is not None else returned.name
