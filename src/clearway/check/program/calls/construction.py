"""What making an object of a class of the program gives and runs: constructors, fields, hooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.check.program.calls.externals import ROUTERS
from clearway.check.program.values import ClassV, Complete, ExternalV, Frame, InstanceV, Value
from clearway.check.program.values.effects import Block, Effect, Outcome, Run

if TYPE_CHECKING:
    import ast

    from clearway.check.program.code import Class
    from clearway.check.program.program import Program
    from clearway.check.program.values.arguments import Arguments


DATA_MODELS = frozenset({"pydantic.BaseModel"})


class Construction:
    """Makes objects."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def of(self, callee: ClassV, arguments: Arguments, node: ast.AST) -> Outcome:
        """Making an object of a class of the program."""
        program = self._program
        cls = callee.cls
        definitions = program.definitions
        site = node if definitions.derives(cls, ROUTERS) else None
        if definitions.is_enum(cls):
            return Outcome(frozenset({InstanceV(cls)}))
        parent = callee.frame or program.frames.parent(cls)
        effects: list[Effect] = []
        made_by: Frame | None = None
        init = definitions.constructor(cls)
        if init is not None and init.owner is not None:
            bare = InstanceV(cls, None, site)
            where = program.frames.of_class(
                init.owner, parent if init.owner is cls else program.frames.parent(init.owner)
            )
            made_by = program.frames.call(init, program.parameters.bound(init, arguments, True), bare, where)
            effects.append(Run(made_by))
        else:
            given = dict(arguments.keywords)
            given.update(zip(definitions.fields(cls), arguments.positional, strict=False))
            if arguments.complete:
                for name in program.flags.of(cls) - given.keys():
                    default = program.facts.objects.default(cls, name)
                    if default is not None:
                        given[name] = Complete(default.values, default.by_default)
            made_by = program.frames.call(cls, given, None, parent)
            effects.extend(self._of_library(cls))
        made = InstanceV(cls, made_by, site)
        if init is None and site is not None:
            for base in definitions.externals(cls):
                if base in ROUTERS:
                    inherited = ExternalV(f"{base}.__init__", made)
                    effects.extend(
                        self._program.externals.call(
                            inherited, arguments, node, program.frames.of_module(cls.module)
                        ).effects
                    )
                    break
        given_names = frozenset(name for name, _ in arguments.keywords) if arguments.complete else None
        if given_names is not None:
            given_names |= frozenset(definitions.fields(cls)[: len(arguments.positional)])
        effects.extend(program.hooks.making(cls, made, None if init is not None else given_names))
        if init is None and definitions.derives(cls, DATA_MODELS):
            effects.extend(program.hooks.inside(cls, arguments.all()))
        for name in ("__new__", "__post_init__", "__attrs_post_init__", "model_post_init"):
            method = definitions.method(cls, name)
            if method is not None:
                receiver: Value = ClassV(cls) if name == "__new__" else made
                given = program.parameters.bound(method, arguments, True) if name == "__new__" else {}
                effects.append(Run(program.frames.call(method, given, receiver, None)))
        return Outcome(frozenset({made}), tuple(effects))

    def _of_library(self, cls: Class) -> list[Effect]:
        """A class without a constructor of its own that derives from a library's class whose constructor blocks."""
        for base in self._program.definitions.externals(cls):
            entry = self._program.library.sink(base)
            if entry is not None:
                return [Block(entry, base)]
        return []
