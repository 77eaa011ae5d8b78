"""What Python's own functions do, where data cannot say it: `super`, `cast`, `field`, `len`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from clearway.check.program.code import Function
from clearway.check.program.values import (
    OPAQUE,
    UNKNOWN,
    ClassV,
    ConstantV,
    ExternalInstanceV,
    ExternalV,
    Frame,
    FunctionV,
    InstanceV,
    SuperV,
    Values,
)
from clearway.check.program.values.arguments import Arguments
from clearway.check.program.values.effects import Effect, Outcome

if TYPE_CHECKING:
    from clearway.check.program.models.models import Model, Models

IN_MEMORY = frozenset({"io.BytesIO", "io.StringIO", "tempfile.SpooledTemporaryFile"})
"""Reading and writing these touches no disk."""


def _super(models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, frame: Frame) -> Outcome:
    here: Frame | None = frame
    while here is not None and not (isinstance(here.code, Function) and here.code.owner is not None):
        here = here.parent
    if here is None or not isinstance(here.code, Function) or here.code.owner is None:
        return Outcome(UNKNOWN)
    cls = here.code.owner
    for value in arguments.at(0):
        if isinstance(value, ClassV):
            cls = value.cls
    # Of an object that is made with flags, the base's constructor asks for what these decide.
    making = models.program.definitions.made_here(here) if here.certain else None
    receiver = making or here.receiver or (ClassV(cls) if here.code.is_classmethod else InstanceV(cls))
    return Outcome(frozenset({SuperV(cls, receiver)}))


def _type(models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    classes = {models.program.definitions.class_of(value) for value in arguments.at(0)} - {None}
    return Outcome(frozenset(value for value in classes if value is not None) or OPAQUE)


def _cast(models: Models, _callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
    """`cast(T, x)` is x, whatever the type says; the type tells where x is unknown, and which kind of x it is."""
    if not isinstance(node, ast.Call) or len(node.args) != 2:
        return Outcome(arguments.at(1, "val"))
    said = models.program.annotations.instances(node.args[0], frame)
    values = arguments.at(1)
    if not values - OPAQUE - {ConstantV(None)}:
        return Outcome(said or values)
    return Outcome(_narrower(models, said, values) or values)


def _narrower(models: Models, said: Values, values: Values) -> Values:
    """What a type says of objects, where it names classes below theirs: `cast(Child, parent)`."""
    below = [value.cls for value in said if isinstance(value, InstanceV)]
    above = [value.cls for value in values if isinstance(value, InstanceV)]
    if not below or len(below) < len(said) or len(above) < len(values):
        return UNKNOWN
    is_subclass = models.program.definitions.is_subclass
    narrows = all(cls not in above and any(is_subclass(cls, base) for base in above) for cls in below)
    return said if narrows else UNKNOWN


def _field(models: Models, _callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
    """`field(default_factory=Client)` of dataclasses, pydantic and attrs."""
    values = arguments.named("default") | arguments.at(0)
    for factory in arguments.named("default_factory") | arguments.named("factory"):
        values = models.program.union(values, models.program.calls.apply(factory, Arguments(), node, frame).values)
    return Outcome(values)


def _replaced(models: Models, _callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
    """`re.sub(pattern, f, text)` calls f."""
    effects: list[Effect] = []
    for function in arguments.at(1) | arguments.at(0):
        if isinstance(function, FunctionV):
            effects.extend(models.program.calls.apply(function, Arguments((OPAQUE,)), node, frame).effects)
    return Outcome(OPAQUE, tuple(effects))


def _held(_models: Models, callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    """`ContextVar.get()`."""
    held = callee.receiver.items if isinstance(callee.receiver, ExternalInstanceV) else UNKNOWN
    return Outcome(held | arguments.at(0))


def _text_wrapper(_models: Models, callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    """Text over bytes in memory is in memory."""
    in_memory = any(isinstance(v, ExternalInstanceV) and v.name in IN_MEMORY for v in arguments.at(0, "buffer"))
    return Outcome(frozenset({ExternalInstanceV("io.StringIO" if in_memory else callee.name)}))


def _special(method: str) -> Model:
    """A function that calls a special method: `len(x)`."""

    def model(models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
        return Outcome(OPAQUE, tuple(models.program.protocols.first_of(arguments.at(0), method)))

    return model


def _opaque(_models: Models, _callee: ExternalV, _arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    return Outcome(OPAQUE)


PYTHON: dict[str, Model] = {
    "builtins.len": _special("__len__"),
    "builtins.str": _special("__str__"),
    "builtins.repr": _special("__repr__"),
    "builtins.bool": _special("__bool__"),
    "builtins.hash": _special("__hash__"),
    "contextvars.ContextVar.get": _held,
    "io.TextIOWrapper": _text_wrapper,
    "builtins.super": _super,
    "builtins.type": _type,
    "typing.cast": _cast,
    "dataclasses.field": _field,
    "pydantic.Field": _field,
    "attrs.field": _field,
    "attr.ib": _field,
    "re.sub": _replaced,
    "re.Pattern.sub": _replaced,
    "builtins.isinstance": _opaque,
    "builtins.print": _opaque,
}
