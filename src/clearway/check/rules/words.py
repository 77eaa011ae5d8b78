"""How findings say what they found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.model import Severity

if TYPE_CHECKING:
    from clearway.check.reach import Hit
    from clearway.check.roots import Entry

MOST_ROUTES = 3


def may(hit: Hit) -> str:
    """`blocks`, or how sure we are of it."""
    if hit.possible:
        return "possibly blocks"
    return "can block" if hit.severity is Severity.ADVICE else "blocks"


def through(hit: Hit) -> str:
    """By which calls."""
    names = [hop.frame.code for hop in hit.hops[1:]]
    shown = [getattr(code, "qualname", "the module") for code in names]
    if len(shown) > 3:
        shown = [*shown[:1], "…", *shown[-1:]]
    return "called through " + " → ".join(shown)


def blocks_sentence(entry: Entry) -> str:
    """Which route suffers, where there is one."""
    routes = list(entry.routes)
    if not routes:
        return ""
    return f" in {routes[0]}" if len(routes) == 1 else f" in {routes[0]} and {len(routes) - 1} more"


def routes_sentence(entry: Entry) -> str:
    """The routes that a dependency or middleware serves."""
    routes = list(entry.routes)
    if not routes:
        return ""
    shown = ", ".join(routes[:MOST_ROUTES])
    more = len(routes) - MOST_ROUTES
    return f"; it serves {shown}" + (f" and {more} more routes" if more > 0 else "")
