"""A function that was called where it was meant to be handed over: `to_thread(f(a))`, made `to_thread(f, a)`.

Where the receiver takes the arguments by itself they are given to it. Everywhere else they are bound to the function:
`run_in_executor(None, functools.partial(f, a=1))`, which is right whatever the receiver's parameters are called.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst
from libcst import helpers

from clearway.check.fix.arguments import LAST_LINE, enclosed_generator, lead, parts, spread
from clearway.check.fix.edit import Edit, closing, opening
from clearway.check.fix.tree import NEWLINE

if TYPE_CHECKING:
    from collections.abc import Callable

    from clearway.check.fix.tree import Tree


@dataclass(frozen=True, slots=True)
class Receiver:
    """How something that takes a function takes the function's arguments."""

    position: int = 0
    """Of the function."""
    passes_keywords: bool = False
    """It hands keyword arguments on to the function."""
    own: frozenset[str] = field(default_factory=frozenset)
    """Its own parameters' names, which it cannot hand on."""


_RECEIVERS = {
    "to_thread": Receiver(passes_keywords=True),
    "submit": Receiver(passes_keywords=True, own=frozenset({"fn"})),
    "run_in_threadpool": Receiver(passes_keywords=True, own=frozenset({"func"})),
    "add_task": Receiver(passes_keywords=True, own=frozenset({"func"})),
    "BackgroundTask": Receiver(passes_keywords=True, own=frozenset({"func"})),
    "offload": Receiver(),
    "run_sync": Receiver(),
    "call_soon": Receiver(),
    "call_soon_threadsafe": Receiver(),
    "run_in_executor": Receiver(position=1),
    "call_later": Receiver(position=1),
    "call_at": Receiver(position=1),
}
_WRAPPERS = frozenset({"sync_to_async", "asyncify", "wrap"})
"""They return what is called later: awaiting them at once is another mistake than this one."""
_TAKES_ARGS = {"Thread": "target", "Process": "target", "Timer": "function"}
"""Classes with parameters `args` and `kwargs`, and the name of the one for the function."""


def hand_over(tree: Tree, call: cst.Call, partial: Callable[[], str | None]) -> list[Edit] | None:
    """The edits; None where the call is no argument, or not the one that is meant to be a function.

    `partial` gives the name of `functools.partial`, None where there is none to be had; it is asked only when needed.
    """
    called = "" if isinstance(call.func, cst.Call) else helpers.get_full_name_for_node(call.func) or ""
    if called.rpartition(".")[2] == "partial":
        return None  # that is a function to hand over
    argument = tree.parents[call]
    receiver = tree.parents.get(argument)
    if not isinstance(argument, cst.Arg) or not isinstance(receiver, cst.Call) or argument.star:
        return None
    name = (helpers.get_full_name_for_node(receiver.func) or "").rpartition(".")[2]
    index = receiver.args.index(argument)
    keyword = argument.keyword.value if argument.keyword else None
    known = _RECEIVERS.get(name)
    expected = known.position if known else 1 if name in _TAKES_ARGS else 0
    if keyword is None and (index != expected or not _is_last_positional(receiver, index)):
        return None
    if name in _WRAPPERS and isinstance(tree.parents[receiver], cst.Await):
        return None
    if known and known.passes_keywords and len(receiver.args) > index + 1:
        return None  # it has arguments already: whose are they?
    if not call.args:
        return _bare(tree, call)
    if keyword is not None and keyword == _TAKES_ARGS.get(name):
        if any(each.keyword and each.keyword.value in ("args", "kwargs") for each in receiver.args):
            return None
        edits = _as_args(tree, call)
    else:
        edits = _spread_out(tree, call, argument) if known and keyword is None and _takes(known, call) else None
    if edits is None and (function := partial()) is not None:
        edits = [opening(f"{function}({lead(tree, call)}", tree.span(call)), *spread(tree, call)]
    return edits


def _is_last_positional(receiver: cst.Call, index: int) -> bool:
    before, after = receiver.args[:index], receiver.args[index + 1 :]
    return not any(each.star for each in before) and all(each.keyword for each in after)


def _takes(receiver: Receiver, call: cst.Call) -> bool:
    """Whether the receiver hands all of the call's arguments on."""
    if call.lpar:  # `(f(a))` would become a tuple
        return False
    for each in call.args:
        if each.star == "**" and (not receiver.passes_keywords or receiver.own):
            return False
        if each.keyword and (not receiver.passes_keywords or each.keyword.value in receiver.own):
            return False
    return True


def _bare(tree: Tree, call: cst.Call) -> list[Edit]:
    """`f()` as `f`; a comment in its parentheses stays."""
    at = parts(tree, call)
    inside = tree.text[at.paren + 1 : at.call[1] - 1]
    if not inside.strip():
        return [Edit(at.function_end, at.call[1], "")]
    return [Edit(at.paren, at.paren + 1, ""), _without_close(tree, at.paren + 1, at.call[1], at.call[1])]


def _spread_out(tree: Tree, call: cst.Call, argument: cst.Arg) -> list[Edit]:
    """`f(a)` as `f, a`."""
    at = parts(tree, call)
    text = tree.text
    comma, end = at.trailing_comma, at.call[1]
    outer = tree.layout(argument, argument.comma) if isinstance(argument.comma, cst.Comma) else None
    tail_start = at.arguments[-1][1] if comma is None else comma + 1
    tail = text[tail_start : end - 1]
    edits = spread(tree, call)
    if comma is not None and outer is not None and "#" in tail and not text[end : outer[0]].strip():
        # The comma in front of the comment serves for the one behind it.
        end, comma = text.index(",", outer[0]) + 1, None
    edits.append(_without_close(tree, tail_start, at.call[1], end))
    is_multiline = NEWLINE.search(text, at.paren, end) is not None
    if comma is not None and (outer is not None or not is_multiline):
        edits.append(Edit(comma, comma + 1, ""))
    return edits + _dedent(tree, call)


def _without_close(tree: Tree, start: int, close: int, end: int) -> Edit:
    """Take away what stands between the last argument and `end`: the parenthesis that closes in front of `close`, and
    the layout around it. Comments stay.
    """
    tail = tree.text[start : close - 1]
    if "#" not in tail:
        return Edit(start, end, "")
    last_line = LAST_LINE.search(tail)
    if last_line and NEWLINE.match(tree.text, end):
        return Edit(start + last_line.start(), end, "")
    return Edit(close - 1, end, "")


def _dedent(tree: Tree, call: cst.Call) -> list[Edit]:
    """Arguments on lines of their own move to where the function stands; none where a string runs over lines."""
    at = parts(tree, call)
    inside = tree.text[at.paren : at.arguments[-1][1]]
    first = at.arguments[0][0]
    indentation = tree.indentation(at.call[0])
    starts_line = not tree.text[tree.line_start(at.call[0]) : at.call[0]].strip()
    surplus = len(tree.indentation(first)) - len(indentation)
    if not starts_line or surplus <= 0 or '"""' in inside or "'''" in inside or "\\" in inside:
        return []
    edits: list[Edit] = []
    for newline in NEWLINE.finditer(tree.text, at.paren, at.arguments[-1][1]):
        line = tree.text[newline.end() : newline.end() + surplus]
        edits.append(Edit(newline.end(), newline.end() + len(line) - len(line.lstrip(" \t")), ""))
    return edits


def _as_args(tree: Tree, call: cst.Call) -> list[Edit] | None:
    """`f(a, k=1)` as `f, args=(a,), kwargs={"k": 1}`; None where the order or a comment stands against it."""
    at = parts(tree, call)
    named = [each for each in call.args if each.keyword or each.star == "**"]
    count = len(call.args) - len(named)
    in_string = any(isinstance(above, cst.FormattedStringExpression) for _, above in tree.ancestors(call))
    if call.lpar or in_string or list(call.args[count:]) != named:
        return None
    edits = enclosed_generator(tree, call)
    one = "," if count == 1 else ""
    if not named:
        if at.trailing_comma is None and one:
            # Behind the parenthesis that a generator may have got there.
            edits.append(Edit(at.call[1] - 1, at.call[1] - 1, one, closing("", at.call).order, len(tree.text)))
        return [Edit(at.function_end, at.paren + 1, ", args=("), *edits]
    if count:
        between = at.arguments[count - 1][1], at.arguments[count][0]
        if "#" in tree.text[slice(*between)]:
            return None
        edits += (Edit(at.function_end, at.paren + 1, ", args=("), Edit(*between, f"{one}), kwargs={{"))
    else:
        edits.append(Edit(at.function_end, at.paren + 1, ", kwargs={"))
    for each in named:
        if each.keyword:
            start, end = tree.span(each)[0], _start_with_parentheses(tree, each.value)
            edits.append(Edit(start, end, f'"{each.keyword.value}": '))
    return [*edits, Edit(at.call[1] - 1, at.call[1], "}")]


def _start_with_parentheses(tree: Tree, value: cst.BaseExpression) -> int:
    return tree.layout(value, value.lpar[0])[0] if value.lpar else tree.span(value)[0]
