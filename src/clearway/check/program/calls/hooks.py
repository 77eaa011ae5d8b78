"""What a data model runs by itself: when it is made, read from a request, or written as a response."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from clearway.check.program.code import Class, Function
from clearway.check.program.values import (
    UNKNOWN,
    ClassV,
    DictV,
    InstanceV,
    ListV,
    ModelV,
    ShapeV,
    TupleV,
    Value,
    Values,
)
from clearway.check.program.values.arguments import Arguments
from clearway.check.program.values.effects import Effect, Run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from clearway.check.program.program import Program

READING = frozenset({"validator", "field_validator", "model_validator", "root_validator"})
"""Decorators of methods that run when a model is made or read."""
WRITING = frozenset({"computed_field", "field_serializer", "model_serializer"})
"""The same for when it is turned into data."""
OF_FIELDS = frozenset({"validator", "field_validator", "field_serializer"})
FACTORIES = frozenset({"default_factory", "factory"})
SERIALIZER = "serializer"
VALIDATOR = "validator"


class Hooks:
    """Finds them, once for each class."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._methods: dict[tuple[Class, frozenset[str]], tuple[Function, ...]] = {}
        self._fields: dict[Class, dict[str, ast.AnnAssign]] = {}
        self._nested: dict[Class, tuple[Class, ...]] = {}
        self._named: dict[tuple[Class, str, str], tuple[Effect, ...]] = {}

    def making(self, cls: Class, made: InstanceV, given: frozenset[str] | None) -> list[Effect]:
        """What a constructor that nobody wrote runs; `given` are the fields that it is given, where that is known."""
        effects: list[Effect] = list(self._run(cls, made, READING, given))
        for name, field in self._annotated(cls).items():
            if given is None or name in given:
                effects.extend(self._annotations(cls, name, field, VALIDATOR))
            if given is not None and name not in given:
                effects.extend(self._default(cls, field))
        return effects

    def reading(self, values: Values) -> list[Effect]:
        """What runs when such objects are made from data, those inside of them too."""
        effects: dict[Effect, None] = {}
        for cls in dict.fromkeys(classes(values)):
            for inner in self._with_nested(cls):
                made = InstanceV(inner)
                found = self.making(inner, made, None)
                for method in self._made_by(inner):
                    found.append(Run(self._program.frames.call(method, {}, made, None)))
                effects.update(dict.fromkeys(found))
        return list(effects)

    def inside(self, cls: Class, given: Iterable[Values]) -> list[Effect]:
        """What reading the fields of a new object runs, where some of them are given as data."""
        if not any(_has_data(values) for values in given):
            return []
        inner = frozenset(InstanceV(one) for one in self._with_nested(cls) if one is not cls)
        return self.reading(inner)

    def writing(self, values: Values) -> list[Effect]:
        """What runs when such objects are turned into data."""
        effects: dict[Effect, None] = {}
        for cls in classes(values):
            for inner in self._with_nested(cls):
                effects.update(dict.fromkeys(self._run(inner, InstanceV(inner), WRITING, None)))
                for name, field in self._annotated(inner).items():
                    effects.update(dict.fromkeys(self._annotations(inner, name, field, SERIALIZER)))
        return list(effects)

    def _made_by(self, cls: Class) -> list[Function]:
        """What validation calls of a model besides its validators."""
        definitions = self._program.definitions
        if not definitions.derives(cls, frozenset({"pydantic.BaseModel"})):
            return []
        methods = (definitions.constructor(cls), definitions.method(cls, "model_post_init"))
        return [method for method in methods if method is not None]

    def marked(self, annotation: ast.expr, kind: str, cls: Class | None, parameter: Function | None) -> list[Effect]:
        """`Annotated[str, AfterValidator(f)]`, of a field or of an endpoint's parameter."""
        program = self._program
        code = cls or parameter
        assert code is not None
        frame = program.frames.parent(code)
        effects: list[Effect] = []
        for node, where in program.annotations.metadata(annotation, frame):
            if not isinstance(node, ast.Call | ast.Name | ast.Attribute):
                continue
            for value in program.evaluate(node, where):
                if isinstance(value, ModelV) and value.name == kind:
                    # Those that wrap are handed pydantic's own validation, too.
                    handler = value.item("handler")
                    given = Arguments(
                        (program.annotations.instances(annotation, frame), *([handler] if handler else []))
                    )
                    for function in value.item("function"):
                        effects.extend(program.calls.apply(function, given, node, where).effects)
        return effects

    def _run(self, cls: Class, made: InstanceV, names: frozenset[str], given: frozenset[str] | None) -> Iterator[Run]:
        for function in self._hooked(cls, names):
            if given is not None and not _concerns(function, given):
                continue
            receiver: Value = ClassV(cls) if function.is_classmethod or function.receiver == "cls" else made
            yield Run(self._program.frames.call(function, {}, None if function.is_static else receiver, None))

    def _hooked(self, cls: Class, names: frozenset[str]) -> tuple[Function, ...]:
        """The methods of a class and its bases that stand under one of these decorators."""
        key = (cls, names)
        if key not in self._methods:
            found: dict[str, Function] = {}
            for base in self._program.definitions.mro(cls):
                for statement in base.node.body if isinstance(base, Class) else ():
                    function = base.module.functions.get(statement) if isinstance(base, Class) else None
                    if function is not None and names & set(function.decorators):
                        found.setdefault(function.name, function)
            self._methods[key] = tuple(found.values())
        return self._methods[key]

    def _annotated(self, cls: Class) -> dict[str, ast.AnnAssign]:
        """The fields that may run something: those with more than a plain annotation."""
        if cls not in self._fields:
            found: dict[str, ast.AnnAssign] = {}
            for base in self._program.definitions.mro(cls):
                for statement in base.node.body if isinstance(base, Class) else ():
                    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                        found.setdefault(statement.target.id, statement)
            self._fields[cls] = {name: node for name, node in found.items() if _may_run(node)}
        return self._fields[cls]

    def _annotations(self, cls: Class, name: str, field: ast.AnnAssign, kind: str) -> tuple[Effect, ...]:
        key = (cls, name, kind)
        if key not in self._named:
            self._named[key] = ()  # for a validator that makes its own class
            owner = self._owner(cls, field)
            self._named[key] = tuple(self.marked(field.annotation, kind, owner, None))
        return self._named[key]

    def _owner(self, cls: Class, field: ast.AnnAssign) -> Class:
        bases = [base for base in self._program.definitions.mro(cls) if isinstance(base, Class)]
        return next((base for base in bases if field in base.node.body), cls)

    def _default(self, cls: Class, field: ast.AnnAssign) -> list[Effect]:
        """`field(default_factory=f)` calls f."""
        program = self._program
        effects: list[Effect] = []
        owner = self._owner(cls, field)
        where = program.frames.of_class(owner, program.frames.parent(owner))
        for keyword in field.value.keywords if isinstance(field.value, ast.Call) else ():
            if keyword.arg in FACTORIES:
                for function in program.evaluate(keyword.value, where):
                    effects.extend(program.calls.apply(function, Arguments(), field.value or field, where).effects)
        return effects

    def _with_nested(self, cls: Class) -> tuple[Class, ...]:
        """A class, and those of its fields, and of theirs."""
        if cls not in self._nested:
            found: dict[Class, None] = {cls: None}
            waiting = [cls]
            while waiting:
                current = waiting.pop()
                for base in self._program.definitions.mro(current):
                    for statement in base.node.body if isinstance(base, Class) else ():
                        if isinstance(statement, ast.AnnAssign) and isinstance(base, Class):
                            where = self._program.frames.parent(base)
                            held = self._program.annotations.instances(statement.annotation, where)
                            for inner in classes(held):
                                if inner not in found and inner.module.is_project:
                                    found[inner] = None
                                    waiting.append(inner)
            self._nested[cls] = tuple(found)
        return self._nested[cls]


def classes(values: Values) -> Iterator[Class]:
    """The classes of the objects in a value, and in the collections that it is."""
    for value in values:
        match value:
            case InstanceV(cls=cls):
                yield cls
            case ListV(element=inner) | ShapeV(shape="iter", inner=inner):
                yield from classes(inner)
            case DictV():
                yield from classes(value.values)
            case TupleV(items=items):
                yield from classes(UNKNOWN.union(*items))
            case _:
                pass


def _has_data(values: Values) -> bool:
    return any(isinstance(value, DictV) or (isinstance(value, ListV) and _has_data(value.element)) for value in values)


def _may_run(field: ast.AnnAssign) -> bool:
    """Whether a field has metadata, or a default that is called."""
    if isinstance(field.value, ast.Call) and any(keyword.arg in FACTORIES for keyword in field.value.keywords):
        return True
    return not isinstance(field.annotation, ast.Constant) or isinstance(field.annotation.value, str)


def _concerns(function: Function, given: frozenset[str]) -> bool:
    """Whether a validator is about one of the fields that are given."""
    node = function.node
    for decorator in [] if isinstance(node, ast.Lambda) else node.decorator_list:
        if isinstance(decorator, ast.Call) and set(function.decorators) & OF_FIELDS:
            names = {arg.value for arg in decorator.args if isinstance(arg, ast.Constant)}
            always = any(keyword.arg in ("always", "validate_default") for keyword in decorator.keywords)
            if names and "*" not in names and not always:
                return bool(names & given)
    return True
