"""Parameters whose arguments decide branches: here, or in a function that they are handed on to."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING

from clearway.check.program.code import Class, Function
from clearway.check.program.code.flow import asked_names

if TYPE_CHECKING:
    from clearway.check.program.program import Program

MOST_CANDIDATES = 12
_ASKED = re.compile(r"\b(?:if|elif|while|and|or|not|match|in|assert)\b\s*\(?([^\n:]*)")
_COMPARED = re.compile(r"\.(\w+)\)?\s*(?:==|!=|is\b|in\b|not in\b|,|\]|if\b|else\b)")
_ATTRIBUTE = re.compile(r"\.(\w+)")


class Flags:
    """Finds them, once for each function or class."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._known: dict[Function | Class, frozenset[str]] = {}

    def of(self, code: Function | Class) -> frozenset[str]:
        """The parameters of a function, or of the constructor that nobody wrote."""
        known = self._known.get(code)
        if known is None:
            self._known[code] = frozenset()  # for functions that call each other in a circle
            found = self._of_class(code) if isinstance(code, Class) else self._of_function(code)
            known = self._known[code] = found
        return known

    def _of_class(self, cls: Class) -> frozenset[str]:
        return frozenset(name for name in self._program.definitions.fields(cls) if name in self._asked)

    def _of_function(self, function: Function) -> frozenset[str]:
        names = {argument.arg for argument in function.parameters}
        if not names:
            return frozenset()
        flow = function.flow
        found = {name for name in flow.tested if name in names}
        for nested in flow.nested:
            inner = function.module.functions.get(nested)
            if inner is not None:
                found.update(self._inside(inner) & names)
        if function.owner is not None:
            for attribute, value in flow.attribute_stores:
                if attribute in self._asked:
                    found.update(name for name in asked_names(value) if name in names)
        for called, place, name in flow.handed:
            if name not in names or name in found:
                continue
            if self._decides(called, place) or (called == "__init__" and self._decides_above(function, place)):
                found.add(name)
        return frozenset(found)

    def _inside(self, function: Function) -> set[str]:
        """Names that a function inside asks for: its own, or those of the function around it."""
        found = set(function.flow.tested)
        for nested in function.flow.nested:
            inner = function.module.functions.get(nested)
            if inner is not None:
                found |= self._inside(inner)
        return found

    def _decides(self, called: str, place: int | str) -> bool:
        """Whether some function of this name asks for the parameter at this place."""
        # No `any`: a call from C for each function of a long chain is more than Python 3.12's own stack has room for.
        for candidate in self._by_name.get(called, ())[:MOST_CANDIDATES]:  # noqa: SIM110
            if self._asks(candidate, place):
                return True
        return False

    def _decides_above(self, function: Function, place: int | str) -> bool:
        """Whether the constructor of a base asks for it: `super().__init__(flag)`, `Base.__init__(self, flag)`."""
        if function.owner is None:
            return False
        definitions = self._program.definitions
        for base in definitions.mro(function.owner):
            if not isinstance(base, Class) or base is function.owner:
                continue
            init = definitions.own_method(base, "__init__")
            candidate = base if init is None else init
            before = place - 1 if isinstance(place, int) and place else place
            if self._asks(candidate, place) or self._asks(candidate, before):
                return True
        return False

    def _asks(self, candidate: Function | Class, place: int | str) -> bool:
        """Whether it asks for the parameter at this place."""
        flags = self.of(candidate)
        if not flags or isinstance(place, str):
            return place in flags
        if isinstance(candidate, Class):
            names = self._program.definitions.fields(candidate)
        else:
            names = [parameter.arg for parameter in candidate.parameters]
            if candidate.receiver is not None:
                names = names[1:]
        return place < len(names) and names[place] in flags

    @cached_property
    def _by_name(self) -> dict[str, list[Function | Class]]:
        """The project's functions, methods and constructors by the name that they are called by."""
        found: dict[str, list[Function | Class]] = defaultdict(list)
        for module in self._program.modules.project:
            for function in module.functions.values():
                makes = function.owner if function.name == "__init__" else None
                found[function.name if makes is None else makes.name].append(function)
            for cls in module.classes.values():
                found[cls.name].append(cls)
        return found

    @cached_property
    def _asked(self) -> frozenset[str]:
        """Attributes that tests of the project seem to ask for, or that are handed on."""
        found: set[str] = set()
        for module in self._program.modules.project:
            text = module.source.text
            for line in _ASKED.findall(text):
                found.update(_ATTRIBUTE.findall(line))
            found.update(_COMPARED.findall(text))
        return frozenset(found)
