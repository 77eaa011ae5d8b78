"""How findings say what they found."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from clearway.check.fix import FixKind, parts_of
from clearway.check.program.code import Function
from clearway.model import RootKind, Severity

if TYPE_CHECKING:
    from clearway.check.reach import Hit
    from clearway.check.roots import Entry
    from clearway.model import Fix

MOST_ROUTES = 3
NAMED = frozenset({RootKind.TASK, RootKind.BACKGROUND_TASK, RootKind.EXCEPTION_HANDLER, RootKind.LIFESPAN})
"""Roots that are no route's own: their findings say in which of them it is."""
NOWHERE = "? ?"
"""A route of which neither method nor path is known."""


def quoted(function: Function) -> str:
    """Its name, set off from the sentence: functions are called `a`, `edit` and `query`."""
    return f"`{function.qualname.replace('.<locals>.', '.')}`"


def may(hit: Hit) -> str:
    """`blocks`, or how sure we are of it."""
    if hit.possible:
        return "possibly blocks"
    return "can block" if hit.severity is Severity.ADVICE else "blocks"


def through(hit: Hit) -> str:
    """By which calls."""
    names = [hop.frame.code for hop in hit.hops[1:]]
    shown = [getattr(code, "qualname", "the module").replace(".<locals>.", ".") for code in names]
    if len(shown) > 3:
        shown = [*shown[:1], "…", *shown[-1:]]
    return "called through " + " → ".join(shown)


def remedy(hit: Hit, fix: Fix | None) -> str:
    """What to do, in agreement with the finding's own edit. In a `def` nothing can be awaited: there the advice is for
    those that call it.
    """
    code = hit.last.frame.code
    to_def = fix is not None and any(edit.kind == FixKind.TO_DEF for edit in parts_of(fix))
    instead = fix.description.partition(":")[0] if fix is not None and to_def else ""
    if not isinstance(code, Function) or code.is_async or len(hit.hops) < 2 or "await" not in hit.entry.fix:
        return f"{hit.entry.fix.removesuffix('.')}, or {instead}." if instead else hit.entry.fix
    name = "The lambda" if isinstance(code.node, ast.Lambda) else f"`{code.name}`"
    handed = f"{name} cannot await: hand it to a thread where it is called"
    return f"{handed}, or {instead}." if instead else f"{handed}, or make it async. {hit.entry.fix}"


def blocks_sentence(entry: Entry) -> str:
    """Which route suffers, where there is one; else in what it happens."""
    routes = [route for route in entry.routes if route != NOWHERE]
    if entry.routes and not routes:
        return f" in {quoted(entry.function)}, whose route is not known"
    if entry.listens:
        return f" in {quoted(entry.function)}, which SQLAlchemy calls"
    if not routes:
        return f" in the {entry.kind.value.replace('_', ' ')} {quoted(entry.function)}" if entry.kind in NAMED else ""
    return f" in {routes[0]}" if len(routes) == 1 else f" in {routes[0]} and {len(routes) - 1} more"


def routes_sentence(entry: Entry) -> str:
    """The routes that a dependency or middleware serves."""
    routes = list(entry.routes)
    if not routes:
        return ""
    shown = ", ".join(routes[:MOST_ROUTES])
    more = len(routes) - MOST_ROUTES
    return f"; it serves {shown}" + (f" and {more} more routes" if more > 0 else "")
