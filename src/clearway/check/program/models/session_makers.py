"""`sessionmaker(class_=...)`: what a maker of sessions makes is of the class that it was given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.check.program.values import ClassV, ExternalInstanceV, ExternalV, InstanceV, ShapeV, Values
from clearway.check.program.values.effects import Outcome

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable

    from clearway.check.program.models.models import Models
    from clearway.check.program.values import Frame
    from clearway.check.program.values.arguments import Arguments

MAKERS = ("sqlalchemy.orm.sessionmaker", "sqlalchemy.ext.asyncio.async_sessionmaker")


def _maker(models: Models, callee: ExternalV, given: Arguments, _node: ast.AST, _frame: Frame) -> Outcome | None:
    """`sessionmaker(engine, class_=Session)`; where nothing is said of a class, data knows what it makes."""
    made = _instances(given.at(1, "class_"))
    name = models.program.library.canonical(callee.name)
    return Outcome(frozenset({ExternalInstanceV(name, None, made)})) if made else None


def _made(_models: Models, callee: ExternalV, _given: Arguments, _node: ast.AST, _frame: Frame) -> Outcome | None:
    """`maker()` and `maker.begin()`."""
    if not isinstance(callee.receiver, ExternalInstanceV) or not callee.receiver.items:
        return None
    made = callee.receiver.items
    return Outcome(frozenset({ShapeV("enter", made)}) if callee.name.endswith(".begin") else made)


def _instances(classes: Values) -> Values:
    return frozenset(
        InstanceV(cls.cls) if isinstance(cls, ClassV) else ExternalInstanceV(cls.name)
        for cls in classes
        if isinstance(cls, ClassV | ExternalV)
    )


SESSION_MAKERS: dict[str, Callable[[Models, ExternalV, Arguments, ast.AST, Frame], Outcome | None]] = {
    name: model
    for maker in MAKERS
    for name, model in ((maker, _maker), (f"{maker}.__call__", _made), (f"{maker}.begin", _made))
}
