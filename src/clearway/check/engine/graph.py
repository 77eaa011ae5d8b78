"""The call graph that answers from pyrefly's report, joined with the source by place."""

from __future__ import annotations

import os
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from clearway.check.engine import EngineError
from clearway.check.engine.definitions import ClassKey, FunctionKey, ProjectDefinitions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from clearway.check.engine import Span, Target, report
    from clearway.check.engine.runs import Run, SourceRoots
    from clearway.check.project import SourceFile

MOST_PLACES = 400_000
"""How many answered places are kept in memory; a place takes about 150 bytes."""

_ENTER = "|artificial-call|with-enter"
_IMPLICIT = (
    _ENTER,
    "|artificial-call|for-iter",
    "|artificial-call|for-next",
    "|artificial-call|generator-iter",
    "|artificial-call|generator-next",
    "|artificial-call|iter-call",
    "|artificial-call|next-call",
)


class _Answers(NamedTuple):
    """A file's places with an answer, by their text in the report (`3:1-3:8`)."""

    calls: dict[str, tuple[Target, ...]]
    constructs: dict[str, tuple[str, ...]]
    properties: dict[str, tuple[Target, ...]]
    implicit: dict[str, tuple[Target, ...]]

    @property
    def size(self) -> int:
        return sum(len(answers) for answers in self)


_NOTHING = _Answers({}, {}, {}, {})


class _Part:
    """One run's report, and which of its modules is which file of the project."""

    def __init__(self, run: Run, source: report.Report, numbers: dict[str, int], files: Sequence[SourceFile]) -> None:
        self.source = source
        self.numbers: dict[int, int] = {}
        self.modules: dict[int, report.Module] = {}
        """Of the files that this run answers for. A file that is imported by two names is there twice; the module of
        the name that the project gives it is the one that speaks."""
        own = {numbers[os.fspath(file.path)] for file in run.files}
        resolve = _Resolver(numbers)
        for module in source.modules():
            number = None if module.file is None else resolve(module.file)
            if number is None:
                continue
            self.numbers[module.module_id] = number
            if number in own and (number not in self.modules or module.module_name == files[number].module):
                self.modules[number] = module
        self.modules = {number: module for number, module in self.modules.items() if source.has(module)}


class _Resolver:
    """The number of a file of the project by its path, also by another path through a symbolic link."""

    def __init__(self, numbers: dict[str, int]) -> None:
        self._numbers = numbers
        self._real: dict[str, int] | None = None

    def __call__(self, path: str) -> int | None:
        if path in self._numbers:
            return self._numbers[path]
        if self._real is None:
            self._real = {os.path.realpath(name): number for name, number in self._numbers.items()}
        try:
            return self._real.get(os.path.realpath(path))
        except ValueError:  # no name that a file can have
            return None


class ReportedCallGraph:
    """Answers from the reports of all runs. A file's part is read when first asked for, and may be read again."""

    def __init__(
        self,
        files: tuple[SourceFile, ...],
        roots: SourceRoots,
        reports: Iterable[tuple[Run, report.Report]],
        most_places: int = MOST_PLACES,
    ) -> None:
        self._files = files
        self._roots = roots
        self._numbers = {os.fspath(file.path): number for number, file in enumerate(files)}
        self._definitions = ProjectDefinitions(files)
        self._parts: dict[int, _Part] = {}
        for run, source in reports:
            self._add(_Part(run, source, self._numbers, files))
        self._several = len({id(part) for part in self._parts.values()}) > 1
        self._interned: dict[tuple[FunctionKey, ClassKey | None], tuple[Target, ...]] = {}
        self._overrides: dict[tuple[str, ClassKey], tuple[tuple[FunctionKey, ClassKey], ...]] = {}
        self._read: OrderedDict[int, _Answers] = OrderedDict()
        self._places = 0
        self._most_places = most_places

    def _add(self, part: _Part) -> None:
        for number, module in part.modules.items():
            definitions = part.source.definitions(module)
            if definitions is not None:
                self._definitions.add(number, definitions, part.numbers)
                self._parts[number] = part

    @property
    def unanswered(self) -> tuple[Path, ...]:
        """The project's files of which the engine has written nothing."""
        return tuple(file.path for number, file in enumerate(self._files) if number not in self._parts)

    def calls(self, path: Path, span: Span) -> Sequence[Target]:
        return self._answers(path).calls.get(_place(span), ())

    def constructs(self, path: Path, span: Span) -> Sequence[str]:
        return self._answers(path).constructs.get(_place(span), ())

    def properties(self, path: Path, span: Span) -> Sequence[Target]:
        return self._answers(path).properties.get(_place(span), ())

    def implicit(self, path: Path, span: Span) -> Sequence[Target]:
        return self._answers(path).implicit.get(_place(span), ())

    def _answers(self, path: Path) -> _Answers:
        number = self._numbers.get(os.fspath(path))
        if number is None or number not in self._parts:
            return _NOTHING
        answers = self._read.get(number)
        if answers is not None:
            self._read.move_to_end(number)
            return answers
        answers = self._build(number)
        self._read[number] = answers
        self._places += answers.size
        while self._places > self._most_places and len(self._read) > 1:
            self._places -= self._read.popitem(last=False)[1].size
        return answers

    def _build(self, number: int) -> _Answers:
        part = self._parts[number]
        content = part.source.call_graphs(part.modules[number])
        if content is None:
            raise EngineError(f"pyrefly's report on {self._files[number].shown} is gone; run it again")
        answers = _Answers({}, {}, {}, {})
        for places in content.call_graphs.values():
            for key, expression in places.items():
                place, bar, kind = key.partition("|")
                if expression.call is not None:
                    if not bar:
                        self._take_call(answers, place, expression.call, number)
                    elif (bar + kind) in _IMPLICIT:
                        _extend(answers.implicit, place, self._implicit(expression.call, bar + kind, number))
                elif expression.attribute is not None and not bar and expression.attribute.property_getters:
                    getters = self._targets(expression.attribute.property_getters, number)
                    _extend(answers.properties, place, getters)
        return answers

    def _take_call(self, answers: _Answers, place: str, callees: report.Callees, caller: int) -> None:
        made = (*callees.init_targets, *callees.new_targets)
        if callees.call_targets or made:
            _extend(answers.calls, place, self._targets((*callees.call_targets, *made), caller))
        for target in made:
            receiver = self._class(target.receiver_class, caller)
            name = None if receiver is None else self._definitions.class_name(receiver)
            if receiver is None or name is None:
                continue
            _extend(answers.constructs, place, (name,))
            if _is_made_up(target):  # a dataclass's `__init__`, which ends in a call of its own
                _extend(answers.calls, place, self._exact("__post_init__", receiver, caller))

    def _implicit(self, callees: report.Callees, kind: str, caller: int) -> Iterator[Target]:
        yield from self._targets(callees.call_targets, caller)
        if kind != _ENTER:
            return
        for target in callees.call_targets:  # the report is silent about the way out
            receiver = self._class(target.receiver_class, caller)
            function = _function(target)
            if receiver is not None and function is not None:
                name = "__aexit__" if function.function_name == "__aenter__" else "__exit__"
                yield from self._overriding(name, receiver, caller)

    def _targets(self, targets: Iterable[report.CallTarget], caller: int) -> Iterator[Target]:
        for target in targets:
            function = _function(target)
            if function is None:
                continue
            receiver = self._class(target.receiver_class, caller)
            if isinstance(target.target, str) or target.target.overrides is None or receiver is None:
                yield from self._single(function, receiver, caller)
            else:
                yield from self._overriding(function.function_name, receiver, caller)

    def _single(self, reference: report.FunctionRef, receiver: ClassKey | None, caller: int) -> tuple[Target, ...]:
        file = self._parts[caller].numbers.get(reference.module_id)
        if file is None:
            return ()
        # A decorated function is `FDT` where its decorators are meant, `F` itself.
        key = FunctionKey(file, reference.function_id.replace("FDT:", "F:"))
        function = self._definitions.function(key)
        if function is None or function.name != reference.function_name or self._is_shadowed(file, caller):
            return ()
        return self._intern(key, receiver)

    def _exact(self, name: str, receiver: ClassKey, caller: int) -> tuple[Target, ...]:
        key = self._definitions.method(name, receiver)
        return () if key is None or self._is_shadowed(key.file, caller) else self._intern(key, receiver)

    def _overriding(self, name: str, receiver: ClassKey, caller: int) -> Iterator[Target]:
        found = self._overrides.get((name, receiver))
        if found is None:
            found = self._overrides[name, receiver] = tuple(self._definitions.methods(name, receiver))
        for key, having in found:
            if not self._is_shadowed(key.file, caller):
                yield from self._intern(key, having)

    def _intern(self, key: FunctionKey, receiver: ClassKey | None) -> tuple[Target, ...]:
        found = self._interned.get((key, receiver))
        if found is None:
            target = self._definitions.target(key, receiver)
            found = self._interned[key, receiver] = () if target is None else (target,)
        return found

    def _class(self, reference: report.ClassRef | None, caller: int) -> ClassKey | None:
        if reference is None:
            return None
        file = self._parts[caller].numbers.get(reference.module_id)
        return None if file is None else ClassKey(file, reference.class_id)

    def _is_shadowed(self, target: int, caller: int) -> bool:
        """Whether the caller's own service has another module where the engine found this target."""
        if not self._several:
            return False
        file = self._files[target]
        return self._roots.shadowed(file.module, file.source_root, self._files[caller].source_root)


def _function(target: report.CallTarget) -> report.FunctionRef | None:
    return None if isinstance(target.target, str) else target.target.function or target.target.overrides


def _is_made_up(target: report.CallTarget) -> bool:
    function = _function(target)
    return function is not None and function.function_id.startswith("CF:")


_T = TypeVar("_T")


def _extend(places: dict[str, tuple[_T, ...]], place: str, more: Iterable[_T]) -> None:
    found = places.get(place, ())
    together = tuple(dict.fromkeys((*found, *more)))
    if together:
        places[place] = together


def _place(span: Span) -> str:
    return f"{span.line}:{span.column + 1}-{span.end_line}:{span.end_column + 1}"
