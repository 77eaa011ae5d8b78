"""Functions of libraries that make objects of a class they are called on, or given: `Model.model_validate(data)`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from clearway.check.program.values import (
    OPAQUE,
    UNKNOWN,
    ClassV,
    ExternalInstanceV,
    ExternalV,
    Frame,
    InstanceV,
    ModelV,
    ShapeV,
    Value,
    Values,
)
from clearway.check.program.values.effects import Outcome

if TYPE_CHECKING:
    from clearway.check.program.models.models import Model, Models
    from clearway.check.program.values.arguments import Arguments

READING = ("parse_obj", "parse_raw", "parse_file", "from_orm", "validate")
VALIDATING = ("model_validate", "model_validate_json", "model_validate_strings", *READING)
CONSTRUCTING = ("model_construct", "construct")
COPYING = ("model_copy", "copy", "sqlmodel_update")
WRITING = ("model_dump", "model_dump_json", "dict", "json")
ADAPTING = ("validate_python", "validate_json", "validate_strings")


def _of(callee: ExternalV) -> Values:
    """An object of the class that a method is called on."""
    receiver = callee.receiver
    return frozenset({InstanceV(receiver.cls)}) if isinstance(receiver, ClassV | InstanceV) else UNKNOWN


def _validated(models: Models, callee: ExternalV, _arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    values = _of(callee)
    return Outcome(values or OPAQUE, tuple(models.program.hooks.reading(values)))


def _constructed(_models: Models, callee: ExternalV, _arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    return Outcome(_of(callee) or OPAQUE)


def _copied(_models: Models, callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    if callee.receiver is None:
        return Outcome(OPAQUE)
    changed = bool(arguments.positional or arguments.keywords)
    return Outcome((_of(callee) if changed else UNKNOWN) or frozenset({callee.receiver}))


def _dumped(models: Models, callee: ExternalV, _arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    return Outcome(OPAQUE, tuple(models.program.hooks.writing(_of(callee))))


def _asked_for(models: Models, arguments: Arguments, node: ast.AST, frame: Frame, place: int, name: str) -> Values:
    """Objects of the type that an argument is: `list[User]`, or a parameter that stands for a class."""
    written: ast.expr | None = None
    if isinstance(node, ast.Call):
        written = node.args[place] if 0 <= place < len(node.args) else None
        written = next((keyword.value for keyword in node.keywords if keyword.arg == name), written)
    given = frozenset(_instance(value) for value in arguments.at(place, name) if isinstance(value, ClassV))
    if given or written is None or isinstance(written, ast.Starred):
        return given
    return models.program.annotations.instances(written, frame)


def _instance(value: ClassV) -> Value:
    return InstanceV(value.cls)


def _typed(place: int, name: str, *, hooks: bool = True) -> Model:
    """A function that is given the type of what it makes."""

    def model(models: Models, _callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
        values = _asked_for(models, arguments, node, frame, place, name)
        return Outcome(values or OPAQUE, tuple(models.program.hooks.reading(values)) if hooks else ())

    return model


def _adapter(name: str, place: int, keyword: str) -> Model:
    """`TypeAdapter(list[User])`: an object that makes such objects."""

    def model(models: Models, _callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
        return Outcome(
            frozenset({ExternalInstanceV(name, None, _asked_for(models, arguments, node, frame, place, keyword))})
        )

    return model


def _adapted(models: Models, callee: ExternalV, _arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    held = callee.receiver.items if isinstance(callee.receiver, ExternalInstanceV) else UNKNOWN
    return Outcome(held or OPAQUE, tuple(models.program.hooks.reading(held)))


def _same(_models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    return Outcome(frozenset(_bare(value) for value in arguments.at(0)))


def _bare(value: Value) -> Value:
    return InstanceV(value.cls) if isinstance(value, InstanceV) else value


def _annotation(kind: str, *, wraps: bool = False) -> Model:
    """`AfterValidator(f)`, in an annotation."""
    handler = frozenset({ShapeV("call", OPAQUE)}) if wraps else UNKNOWN

    def model(_models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
        return Outcome(frozenset({ModelV(kind, (("function", arguments.at(0, "func")), ("handler", handler)))}))

    return model


def makers() -> dict[str, Model]:
    """All of them, by dotted name."""
    found: dict[str, Model] = {}
    methods = {VALIDATING: _validated, CONSTRUCTING: _constructed, COPYING: _copied, WRITING: _dumped}
    for names, model in methods.items():
        found.update({f"pydantic.BaseModel.{name}": model for name in names})
    for name in ("AfterValidator", "BeforeValidator", "WrapValidator", "PlainValidator"):
        found[f"pydantic.{name}"] = _annotation("validator", wraps=name.startswith("Wrap"))
    for name in ("PlainSerializer", "WrapSerializer"):
        found[f"pydantic.{name}"] = _annotation("serializer", wraps=name.startswith("Wrap"))
    found["pydantic.TypeAdapter"] = _adapter("pydantic.TypeAdapter", 0, "type")
    found.update({f"pydantic.TypeAdapter.{name}": _adapted for name in ADAPTING})
    found["pydantic.parse_obj_as"] = found["pydantic.parse_raw_as"] = _typed(0, "type_")
    for kind in ("json", "msgpack", "yaml", "toml"):
        found[f"msgspec.{kind}.decode"] = _typed(-1, "type")
        found[f"msgspec.{kind}.Decoder"] = _adapter(f"msgspec.{kind}.Decoder", 0, "type")
        found[f"msgspec.{kind}.Decoder.decode"] = _adapted
    found["msgspec.convert"] = _typed(1, "type")
    found["cattrs.structure"] = found["cattr.structure"] = _typed(1, "cl")
    found["cattrs.Converter.structure"] = found["cattrs.GenConverter.structure"] = _typed(1, "cl")
    found["dacite.from_dict"] = _typed(0, "data_class")
    for name in ("attrs.evolve", "attr.evolve", "msgspec.structs.replace", "copy.replace"):
        found[name] = _same
    return found
