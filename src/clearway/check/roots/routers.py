"""By which prefixes a router is reached, and which dependencies stand on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clearway.check.program.values import ConstantV, ExternalInstanceV

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearway.check.program.values import Value, Values
    from clearway.check.program.values.effects import Register


UNKNOWN_PREFIX = "/…"


@dataclass(slots=True)
class _Router:
    prefix: str = ""
    dependencies: Values = frozenset()
    parents: list[tuple[Value, str, Values]] = field(default_factory=list)


class Routers:
    """Apps and routers, and what includes or mounts what."""

    def __init__(self) -> None:
        self._known: dict[object, _Router] = {}
        self._at: dict[object, dict[Value, None]] = {}
        """The routers that one place makes."""

    def made(self, effect: Register) -> None:
        """A router's constructor was called."""
        router = self._of(effect.owner)
        if (site := getattr(effect.owner, "site", None)) is not None and effect.owner is not None:
            self._at.setdefault(site, {})[effect.owner] = None
        router.prefix = _text(effect.detail("prefix"))
        router.dependencies |= effect.detail("dependencies")

    def included(self, child: Value, effect: Register) -> None:
        """A router was included in another, or mounted."""
        if effect.owner is None:
            return
        link = (effect.owner, _text(effect.detail("prefix")), effect.detail("dependencies"))
        router = self._of(child)
        if link not in router.parents:
            router.parents.append(link)

    def prefixes(
        self, owner: Value | None, seen: frozenset[Value] = frozenset()
    ) -> Iterator[tuple[str, tuple[Values, ...]]]:
        """Every prefix by which a router is reached, with the dependencies on the way."""
        router = None if owner is None or owner in seen else self._known.get(_identity(owner))
        if owner is None or router is None:
            # What is found has a prefix that is known, so it is not looked for again.
            alike = () if owner is None or owner in seen else self._made_at_the_same_place(owner)
            for other in alike:
                yield from self.prefixes(other, seen)
            if not alike:
                yield "", ()
            return
        if not router.parents:
            yield router.prefix, (router.dependencies,)
            return
        for parent, prefix, dependencies in router.parents:
            for above, inherited in self.prefixes(parent, seen | {owner}):
                yield f"{above}{prefix}{router.prefix}", (*inherited, dependencies, router.dependencies)

    def _made_at_the_same_place(self, owner: Value) -> tuple[Value, ...]:
        """The routers that may be meant by one of which only the place is known: `self.router` in the constructor of a
        base class, whose subclasses give each its own prefix.
        """
        site = getattr(owner, "site", None)
        if site is None or any(isinstance(value, ConstantV) for value in getattr(owner, "items", ())):
            return ()
        return tuple(self._at.get(site, ()))

    def _of(self, value: Value | None) -> _Router:
        return self._known.setdefault(_identity(value), _Router())


def _identity(value: Value | None) -> object:
    """What tells one router from another: where it was made."""
    site = getattr(value, "site", None)
    return value if site is None else (site, getattr(value, "items", None))


def _text(values: Values) -> str:
    """The prefix; that there is one, where it is put together; none where another than the one known may be meant."""
    if not all(isinstance(value, ConstantV) for value in values):
        built = all(isinstance(value, ExternalInstanceV) and value.name == "builtins.str" for value in values)
        return UNKNOWN_PREFIX if built else ""
    texts = sorted(str(value.value) for value in values if isinstance(value, ConstantV) and value.value)
    return texts[0] if texts else ""
