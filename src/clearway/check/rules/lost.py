"""Whether a coroutine, or what else must be awaited, is lost: nobody can await it any more."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from clearway.check.program.values import ExternalV
from clearway.check.rules.fates import Fate, Kind, fate_of, never_read, uses
from clearway.check.rules.places import frame_of
from clearway.check.source.syntax import last_name

if TYPE_CHECKING:
    from collections.abc import Set

    from clearway.check.program.code import Function
    from clearway.check.program.program import Program
    from clearway.check.rules.places import Site

SHOWN = frozenset({"builtins.print", "builtins.str", "builtins.repr", "builtins.format", "json.dumps"})
"""Functions that take anything, also what a collection holds, and await nothing."""
CONSUMED = frozenset(
    {f"builtins.{name}" for name in ("len", "int", "float", "bool", "bytes", "abs", "round", "sum", "sorted", "list")}
    | {f"builtins.{name}" for name in ("tuple", "set", "frozenset", "enumerate", "min", "max", "iter", "next", "any")}
    | {f"builtins.{name}" for name in ("all", "reversed", "ord", "chr", "range")}
)
"""Functions to which a coroutine itself is of no use."""
TRUTH = frozenset({"builtins.any", "builtins.all", "builtins.sum", "builtins.min", "builtins.max"})
"""Functions that judge what a collection holds."""
LOGGING = frozenset({"debug", "info", "warning", "warn", "error", "exception", "critical", "log"})
COROUTINES_OWN = frozenset({"send", "throw", "close"})
EXPECTING = frozenset({"raises", "warns", "deprecated_call", "assertRaises", "assertRaisesRegex", "assertWarns"})
"""What is called under these is meant to fail."""


def lost(program: Program, site: Site, endpoints: Set[Function], node: ast.expr | None = None) -> Fate | None:
    """The fate of the site's call, or of another expression there, where nobody can await it after that.

    What one of the `endpoints` returns is lost: the framework awaits the endpoint, and not what it gives.
    """
    fate = _lost(program, site, fate_of(site, node), endpoints)
    return None if fate is None or _is_expected_to_fail(site) else fate


def _lost(program: Program, site: Site, fate: Fate | None, endpoints: Set[Function]) -> Fate | None:
    """The fate, where nobody can await the result after it."""
    if fate is None:
        return None
    if fate.kind is Kind.ASSIGNED:
        if never_read(site, fate.names):
            return fate
        return None if fate.inside or len(fate.names) != 1 else _lost_by_name(program, site, fate.names[0], endpoints)
    if fate.kind is Kind.RETURNED:
        return fate if site.code in endpoints else None
    if fate.kind is Kind.READ:
        attribute = fate.node.attr if isinstance(fate.node, ast.Attribute) else ""
        return None if attribute in COROUTINES_OWN or attribute.startswith(("cr_", "__")) else fate
    if fate.kind is Kind.HANDED:
        return fate if _is_no_use(program, site, fate) else None
    return fate


def _lost_by_name(program: Program, site: Site, name: str, endpoints: Set[Function]) -> Fate | None:
    """What is assigned and then only used in ways that await nothing: the first of them."""
    found: list[Fate] = []
    for fate in uses(site, name):
        if fate is None or fate.kind is Kind.ASSIGNED:
            return None
        lost = _lost(program, site, fate, endpoints)
        if lost is None:
            return None
        found.append(lost)
    return found[0] if found else None


def _is_no_use(program: Program, site: Site, fate: Fate) -> bool:
    """Whether what the coroutine is handed to is known to await nothing."""
    call = fate.node
    assert isinstance(call, ast.Call)
    if _logs(call):
        return True
    values = program.evaluate(call.func, frame_of(program, site.code))
    names = {value.name for value in values if isinstance(value, ExternalV)}
    if not names or len(names) != len(values):
        return False
    if all(_responds(name) for name in names):
        return fate.keyword in (None, "content")
    if fate.keyword is not None:
        return False
    if fate.inside:
        return names <= SHOWN or (names <= TRUTH and len(call.args) == 1)
    return names <= SHOWN | CONSUMED


def _responds(name: str) -> bool:
    owner, _, cls = name.rpartition(".")
    return owner in ("fastapi", "fastapi.responses", "starlette.responses") and (
        cls.endswith("Response") and cls != "StreamingResponse"
    )


def _logs(call: ast.Call) -> bool:
    """`logger.info(...)`, by its name: loggers come from everywhere."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in LOGGING:
        return False
    return last_name(call.func.value).lower().strip("_") in ("logger", "log", "logging")


def _is_expected_to_fail(site: Site) -> bool:
    """It stands in `with pytest.raises(...)`."""
    return any(
        isinstance(parent, ast.With) and any(last_name(item.context_expr) in EXPECTING for item in parent.items)
        for _, parent in site.ancestors()
    )
