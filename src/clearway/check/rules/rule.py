"""What a rule is, and how it makes findings."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clearway.check.reach import code_id
from clearway.model import Finding, Link, Severity, Sink

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Iterator, Sequence
    from types import ModuleType

    from clearway.check.program.code import Module
    from clearway.check.program.values import Code
    from clearway.check.reach import Hit, Hop
    from clearway.check.survey import Survey
    from clearway.model import Fix


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that the checker can find. A module of its own says what, why, and what to write instead."""

    code: str
    """`CW102`."""
    name: str
    """`blocking-call-behind-async`: words for those who do not know the number."""
    summary: str
    """One sentence."""
    find: Callable[[Survey], Iterator[Finding]]
    documentation: str
    """The module's docstring, Markdown."""


def rule_of(module: ModuleType) -> Rule:
    """The rule that a module defines by CODE, NAME, `find` and its docstring, whose first line is the summary."""
    documentation = inspect.cleandoc(module.__doc__ or "")
    summary = documentation.partition("\n\n")[0].replace("\n", " ")
    return Rule(module.CODE, module.NAME, summary, module.find, documentation)


def of_hit(code: str, root: str, hit: Hit, message: str, fix: Fix | None = None) -> Finding:
    """A finding about a blocking operation that a root reaches."""
    sink = Sink(hit.entry.name, hit.entry.kind)
    return Finding(code, hit.severity, root, message, sink, hit.links(), "", fix)


def at(
    code: str,
    severity: Severity,
    module: Module,
    within: Code,
    node: ast.AST,
    calls: str,
    message: str,
    root: str | None = None,
    fix: Fix | None = None,
) -> Finding:
    """A finding about one place."""
    link = Link(code_id(within), module.shown, getattr(node, "lineno", 1), calls)
    return Finding(code, severity, root, message, None, (link,), "", fix)


def along(hops: Sequence[Hop], called: str) -> tuple[Link, ...]:
    """The chain of calls that ends in calling this."""
    ends = [*(code_id(hop.frame.code) for hop in hops[1:]), called]
    return tuple(
        Link(code_id(hop.frame.code), hop.frame.module.shown, hop.line, calls)
        for hop, calls in zip(hops, ends, strict=True)
    )
