"""Whether an `await` may stand in front of a call, and how."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst
from libcst import helpers

from clearway.check.fix.edit import closing, opening

if TYPE_CHECKING:
    from clearway.check.fix.edit import Edit
    from clearway.check.fix.tree import Tree

_COMPREHENSIONS = (cst.ListComp, cst.SetComp, cst.DictComp, cst.StarredDictComp)
_NEVER = (
    cst.Lambda,
    cst.Param,
    cst.Annotation,
    cst.Decorator,
    cst.TypeParameters,
    cst.TypeAlias,
    cst.GeneratorExp,
    cst.TemplatedStringExpression,
)
"""What runs elsewhere or later than the function it stands in, or shows its own text."""
_LOCK = re.compile(r"(?i:(?:^|_)(?:r?lock|mutex|semaphore|condition)s?(?:_|$))|(?:Lock|Mutex|Semaphore|Condition)$")


def awaiting_function(tree: Tree, call: cst.Call) -> cst.FunctionDef | None:
    """The `async def` that would do the awaiting if this call got an `await`.

    None where it must not get one: it has one, it does not stand in an `async def` alone, or the `await` would be held
    under a lock of threads, where it can stop everything.
    """
    comprehensions = 0
    outside: cst.CSTNode | None = None
    if isinstance(tree.parents[call], cst.Await):
        return None
    for child, parent in tree.ancestors(call):
        if isinstance(parent, cst.CompFor) and child is parent.iter:
            # What the outermost `for` iterates runs outside of its comprehension.
            outside = tree.parents[parent]
        elif parent is outside:
            continue
        elif isinstance(parent, _COMPREHENSIONS):
            comprehensions += 1
        elif isinstance(parent, cst.FunctionDef):
            is_body = child is parent.body and parent.asynchronous is not None
            # An `await` in two comprehensions at once is new in Python 3.11.
            return parent if is_body and comprehensions < 2 else None
        elif isinstance(parent, _NEVER) or _is_no_place(parent, child):
            return None
    return None


def awaited(tree: Tree, call: cst.Call, what: str) -> list[Edit]:
    """Put `await` and this in front of the call, in parentheses where what stands around would else come first."""
    span = tree.span(call)
    parent = tree.parents[call]
    is_bound = (
        (isinstance(parent, cst.Attribute | cst.Subscript) and parent.value is call)
        or (isinstance(parent, cst.Call) and parent.func is call)
        # `await f() ** 2` means the same without them, but who knows that?
        or (isinstance(parent, cst.BinaryOperation) and isinstance(parent.operator, cst.Power) and parent.left is call)
    )
    if is_bound and not call.lpar:
        return [opening(f"(await {what}", span), closing(")", span)]
    edits = [opening(f"await {what}", span)]
    if _is_word(tree.text[span[0] - 1 : span[0]]):  # as in `return(f)(x)`
        edits = [opening(f" await {what}", span)]
    if _is_word(tree.text[span[1] : span[1] + 1]):  # as in `f(x)or y`, which LibCST takes for a slip after an `await`
        edits.append(closing(" ", span))
    return edits


def _is_word(character: str) -> bool:
    return character.isidentifier() or character.isdigit()


def _is_no_place(node: cst.CSTNode, child: cst.CSTNode) -> bool:
    if isinstance(node, cst.FormattedStringExpression):
        return node.equal is not None  # it shows its own text
    if isinstance(node, cst.ClassDef):
        return child is node.body
    return isinstance(node, cst.With) and child is node.body and _takes_lock(node)


def _takes_lock(node: cst.With) -> bool:
    if node.asynchronous is not None:
        return False
    names = (helpers.get_full_name_for_node(item.item) or "" for item in node.items)
    return any(_LOCK.search(name.rpartition(".")[2]) for name in names)
