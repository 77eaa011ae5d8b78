"""What keeps endpoints `unknown`: the few causes whose removal would decide most of them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from clearway.check.reach import code_id
from clearway.check.result import Cause, Unknown
from clearway.model import Lane, RootKind, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clearway.check.program.values.effects import Unresolved
    from clearway.check.reach import Hop
    from clearway.check.survey import Survey
    from clearway.model import Root

    Key = tuple[str, ...]

MOST_CAUSES = 4
ENDPOINTS = frozenset({RootKind.ENDPOINT, RootKind.WEBSOCKET})


def unknowns(found: Survey, roots: Sequence[Root]) -> Unknown:
    """The roots are those of the survey's studies, in the same order."""
    causes_of: dict[int, set[Key]] = {}
    places: dict[Key, dict[tuple[str, int, str, str], None]] = defaultdict(dict)
    on_loop = 0
    for number, (study, root) in enumerate(zip(found.studies, roots, strict=True)):
        if root.kind not in ENDPOINTS or root.verdict is not Verdict.UNKNOWN:
            continue
        on_loop += root.runs_on is Lane.LOOP
        causes_of[number] = set()
        for unresolved, hop in study.reach.unresolved:
            if unresolved.hides:
                key = _key(found, unresolved, hop)
                causes_of[number].add(key)
                places[key][hop.frame.module.shown, hop.line, unresolved.text, code_id(hop.frame.code)] = None
    order = _ranked(causes_of)
    causes = tuple(_cause(key, list(places[key]), count) for key, count in order)
    chosen = {key for key, _ in order}
    return Unknown(len(causes_of), on_loop, sum(keys <= chosen for keys in causes_of.values()), causes)


def _key(found: Survey, unresolved: Unresolved, hop: Hop) -> Key:
    """One thing to mend: a package that is not at hand, one that is and that cannot be followed, or a function."""
    module = hop.frame.module
    if not module.is_project:
        return ("inside", module.name.partition(".")[0])
    if unresolved.module is not None and unresolved.module in found.program.modules.unknown:
        return ("missing", unresolved.module)
    return ("function", module.shown, code_id(hop.frame.code))


def _ranked(causes_of: dict[int, set[Key]]) -> list[tuple[Key, int]]:
    """The causes that most endpoints have, each with how many; of those that are still to be decided at each step."""
    chosen: dict[Key, int] = {}
    while len(chosen) < MOST_CAUSES:
        left: dict[Key, list[int]] = defaultdict(list)
        for keys in causes_of.values():
            open_ones = keys - chosen.keys()
            for key in open_ones:
                left[key].append(len(open_ones))
        if not left:
            break
        # Of those that are as frequent, the one that is more often the last that is open.
        best = min(left, key=lambda key: (-len(left[key]), sum(left[key]), key))
        chosen[best] = len(left[best])
    return list(chosen.items())


def _cause(key: Key, places: list[tuple[str, int, str, str]], endpoints: int) -> Cause:
    file, line, text, function = min(places)
    package = key[1] if key[0] != "function" else None
    return Cause(text, file, line, function, package, key[0] == "missing", len(places), endpoints)
