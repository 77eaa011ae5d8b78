"""A call taken apart into the function and its arguments, so that another function can call it: `f(a)` as `f, a`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from clearway.check.fix.edit import Edit, closing, opening
from clearway.check.fix.tree import NEWLINE

if TYPE_CHECKING:
    from clearway.check.fix.tree import Span, Tree

LAST_LINE = re.compile(r"(?:\r\n|\r|\n)[ \t\f]*\Z")


@dataclass(frozen=True, slots=True)
class Parts:
    """Where the parts of a call stand."""

    call: Span
    function_end: int
    """Behind the function and its own parentheses."""
    paren: int
    """Where the opening parenthesis of the arguments stands."""
    arguments: tuple[Span, ...]
    """Without their commas."""
    trailing_comma: int | None


def parts(tree: Tree, call: cst.Call) -> Parts:
    """Where the parts of this call stand."""
    comma = call.args[-1].comma if call.args else None
    return Parts(
        call=tree.span(call),
        function_end=tree.layout(call, call.whitespace_after_func)[0],
        paren=tree.layout(call, call.whitespace_before_args)[0] - 1,
        arguments=tuple(tree.span(argument) for argument in call.args),
        trailing_comma=tree.layout(call, comma.whitespace_after)[0] - 1 if isinstance(comma, cst.Comma) else None,
    )


def lead(tree: Tree, call: cst.Call) -> str:
    """What stands between an opening parenthesis and the function, so that the function stands above the arguments."""
    at = parts(tree, call)
    if not call.args:
        return ""
    end = at.arguments[0][0]
    between = tree.text[at.paren + 1 : end]
    newline = NEWLINE.search(between)
    return newline[0] + between[len(LAST_LINE.sub("", between)) :].lstrip("\r\n") if newline else ""


def spread(tree: Tree, call: cst.Call) -> list[Edit]:
    """Turn the call's opening parenthesis into a comma; its closing one stays."""
    at = parts(tree, call)
    start = at.function_end if not tree.text[at.function_end : at.paren].strip() else at.paren
    following = tree.text[at.paren + 1 : at.paren + 2]
    if not call.args:
        inside = tree.text[at.paren + 1 : at.call[1] - 1]
        return [Edit(start, at.paren + 1 if inside.strip() else at.call[1] - 1, "")]
    comma = "," if following in " \t\f\r\n\\#" else ", "
    return [Edit(start, at.paren + 1, comma), *enclosed_generator(tree, call)]


def enclosed_generator(tree: Tree, call: cst.Call) -> list[Edit]:
    """Parentheses for a generator that borrows those of the call."""
    only = call.args[0] if call.args else None
    if only is None or not isinstance(only.value, cst.GeneratorExp) or only.value.lpar:
        return []
    span = tree.span(only)
    return [opening("(", span), closing(")", span)]
