"""What `isinstance` gives, and leaves of what a name may stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.check.program.values import (
    OPAQUE,
    ClassV,
    ConstantV,
    DictV,
    ExternalInstanceV,
    ExternalV,
    FunctionV,
    InstanceV,
    ListV,
    TupleV,
    Value,
    Values,
)

if TYPE_CHECKING:
    from clearway.check.program.program import Program


class Instances:
    """Asks values for their classes."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def narrowed(self, values: Values, classes: Values, holds: bool) -> Values:
        """The values that an `isinstance` test leaves; all of them where it cannot be told."""
        for several in [one for one in classes if isinstance(one, TupleV)]:
            classes = (classes - {several}).union(*several.items)
        kept = frozenset(value for value in values if self.is_instance(value, classes) is not (not holds))
        if holds:
            kept = frozenset(narrower for value in kept for narrower in self._narrower(value, classes))
        if not holds or not all(isinstance(value, ExternalV) or value in OPAQUE for value in kept):
            return kept or values
        made = frozenset(
            InstanceV(c.cls) if isinstance(c, ClassV) else ExternalInstanceV(c.name)
            for c in classes
            if isinstance(c, ClassV | ExternalV)
        )
        return made or kept or values

    def _narrower(self, value: Value, classes: Values) -> Values:
        """An object known by an annotation alone, `x: Base`, as what the test has found it to be."""
        if not isinstance(value, InstanceV) or value.made_by is not None:
            return frozenset({value})
        definitions = self._program.definitions
        asked = [one.cls for one in classes if isinstance(one, ClassV)]
        if any(definitions.is_subclass(value.cls, cls) for cls in asked):
            return frozenset({value})
        below = frozenset(InstanceV(cls) for cls in asked if definitions.is_subclass(cls, value.cls))
        return below or frozenset({value})

    def is_instance(self, value: Value, classes: Values) -> bool | None:
        """Whether a value is an object of one of these classes; None where that is open."""
        program = self._program
        answers: set[bool] = set()
        for cls in classes:
            if isinstance(value, InstanceV) and isinstance(cls, ClassV):
                if program.definitions.is_subclass(value.cls, cls.cls):
                    return True
                answers.add(False)
                if value.made_by is None and program.definitions.is_subclass(cls.cls, value.cls):
                    return None
            elif isinstance(value, ExternalInstanceV) and isinstance(cls, ExternalV):
                if value.name == cls.name or cls.name in program.library.bases(value.name):
                    return True
                if value.name == "builtins.object" or value.name in program.library.bases(cls.name):
                    return None
                if value.name.startswith("builtins.") and not cls.name.startswith("builtins."):
                    return None  # `Mapping` is any dictionary
                answers.add(False)
            elif isinstance(value, InstanceV) and isinstance(cls, ExternalV):
                if program.definitions.derives(value.cls, frozenset({cls.name})):
                    return True
                answers.add(False)
            elif isinstance(cls, ExternalV) and isinstance(value, ConstantV | ListV | DictV | TupleV):
                held = _built_in(value, cls.name)
                if held is not False:
                    return held
                answers.add(False)
            elif (isinstance(value, ExternalInstanceV) and isinstance(cls, ClassV)) or (
                isinstance(value, ConstantV | FunctionV | ListV | DictV) and isinstance(cls, ClassV)
            ):
                answers.add(False)
            else:
                return None
        return False if answers == {False} else None


_BUILT_IN: dict[str, type] = {
    kind.__name__: kind for kind in (str, bytes, int, float, bool, list, dict, set, tuple, frozenset, complex, type)
}


def _built_in(value: ConstantV | ListV | DictV | TupleV, cls: str) -> bool | None:
    """Whether text, a number or a collection is an object of a built-in class; None where the class is another's."""
    module, _, name = cls.rpartition(".")
    if module != "builtins" or name not in _BUILT_IN:
        return None
    match value:
        case ConstantV(value=constant):
            return isinstance(constant, _BUILT_IN[name])
        case DictV():
            return name == "dict"
        case TupleV():
            return name == "tuple" if value.items else None if name in ("list", "dict", "set", "tuple") else False
        case ListV():
            return True if name == "list" else None if name in ("set", "tuple", "frozenset") else False
