"""The project's functions and classes as the engine numbers them, and which method an object of a class runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from clearway.check.engine import Target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearway.check.engine import report
    from clearway.check.project import SourceFile

_DEEPEST = 100
"""Classes and functions within each other: a damaged report must not lead round in circles."""


class ClassKey(NamedTuple):
    """A class of the project: the number of its file, and its own there."""

    file: int
    class_id: int


class FunctionKey(NamedTuple):
    """A function of the project: the number of its file, and its own name there."""

    file: int
    function_id: str


class Function(NamedTuple):
    """What is kept of a function."""

    name: str
    line: int | None
    """None where no `def` stands in the source."""
    owner: ClassKey | None
    is_stub: bool
    """Its body is `...`: it is never what a call is made for."""


class _Class(NamedTuple):
    name: str
    mro: tuple[ClassKey, ...]
    """Without the class itself, and without classes that are not the project's."""
    methods: dict[str, FunctionKey]
    assigned: frozenset[str]
    """What is assigned to it in its body: nobody can say what a call of it runs."""


class ProjectDefinitions:
    """All functions and classes of the project, whichever run they come from."""

    def __init__(self, files: tuple[SourceFile, ...]) -> None:
        self._files = files
        self._functions: dict[FunctionKey, Function] = {}
        self._classes: dict[ClassKey, _Class] = {}
        self._subclasses: dict[ClassKey, list[ClassKey]] | None = None

    def add(self, file: int, definitions: report.Definitions, numbers: dict[int, int]) -> None:
        """Take a file's definitions. `numbers` has the number of the project's file for each of the run's modules."""
        methods: dict[int, dict[str, FunctionKey]] = {}
        for function_id, function in definitions.function_definitions.items():
            key = FunctionKey(file, function_id)
            owner = function.defining_class
            owner_key = None if owner is None or owner.module_id not in numbers else _class_key(owner, numbers)
            self._functions[key] = Function(function.name, function.line, owner_key, function.is_stub)
            if owner_key is not None and owner_key.file == file and not function.is_property_setter:
                methods.setdefault(owner_key.class_id, {})[function.name] = key
        for definition in definitions.class_definitions.values():
            mro = () if isinstance(definition.mro, str) else definition.mro.resolved
            self._classes[ClassKey(file, definition.class_id)] = _Class(
                _qualified_name(definition, definitions),
                tuple(_class_key(base, numbers) for base in mro if base.module_id in numbers),
                methods.get(definition.class_id, {}),
                frozenset(definition.fields),
            )

    def function(self, key: FunctionKey) -> Function | None:
        """The function of this key; None where the project has none."""
        return self._functions.get(key)

    def class_name(self, key: ClassKey) -> str | None:
        """`module.Class`; a class within another or within a function has the outer names in between."""
        found = self._classes.get(key)
        return None if found is None else f"{self._files[key.file].module}.{found.name}"

    def target(self, key: FunctionKey, receiver: ClassKey | None) -> Target | None:
        """The function as a target; None where no `def` of it stands in the project, or one without a body."""
        function = self._functions.get(key)
        if function is None or function.line is None or function.is_stub:
            return None
        name = None if receiver is None else self.class_name(receiver)
        return Target(self._files[key.file].path, function.line, function.name, name)

    def methods(self, name: str, receiver: ClassKey) -> Iterator[tuple[FunctionKey, ClassKey]]:
        """Every method of this name that an object of the class or of a subclass runs, with the first such class."""
        seen = set()
        for candidate in (receiver, *self._below(receiver)):
            found = self.method(name, candidate)
            if found is not None and found not in seen:
                seen.add(found)
                yield found, candidate

    def method(self, name: str, receiver: ClassKey) -> FunctionKey | None:
        """The method of this name that an object of exactly this class runs, where the project defines it."""
        found = self._classes.get(receiver)
        for key in () if found is None else (receiver, *found.mro):
            candidate = self._classes.get(key)
            if candidate is None:
                continue
            if name in candidate.methods:
                return candidate.methods[name]
            if name in candidate.assigned:
                return None
        return None

    def _below(self, key: ClassKey) -> list[ClassKey]:
        if self._subclasses is None:
            self._subclasses = {}
            # Classes before their subclasses, which have more above them.
            for name, candidate in sorted(self._classes.items(), key=lambda entry: (len(entry[1].mro), entry[0])):
                for base in candidate.mro:
                    self._subclasses.setdefault(base, []).append(name)
        return self._subclasses.get(key, [])


def _class_key(reference: report.ClassRef, numbers: dict[int, int]) -> ClassKey:
    return ClassKey(numbers[reference.module_id], reference.class_id)


def _qualified_name(definition: report.ClassDefinition, definitions: report.Definitions) -> str:
    names = [definition.name]
    parent = definition.parent
    while not isinstance(parent, str) and len(names) < _DEEPEST:
        outer: report.ClassDefinition | report.FunctionDefinition | None = None
        if parent.of_class is not None:
            outer = definitions.class_definitions.get(str(parent.of_class.class_id))
        elif parent.of_function is not None:
            outer = definitions.function_definitions.get(f"F:{parent.of_function.func_def_index}")
        if outer is None:
            break
        names.append(outer.name)
        parent = outer.parent
    return ".".join(reversed(names))
