"""What is certain: all that an expression can stand for, where nothing is left out. Branches are decided by it alone.

`Expressions` gathers what an expression *may* stand for and leaves out what it does not understand: good for finding
callees, too little to say that a branch never runs. Here an expression is known as a whole, or not at all.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from clearway.check.program.code import Class, Function, Module
from clearway.check.program.code.flow import end_of
from clearway.check.program.code.scopes import Bind, Binding
from clearway.check.program.facts.answers import QUESTIONS
from clearway.check.program.facts.objects import Objects
from clearway.check.program.values import (
    ClassV,
    Complete,
    ConstantV,
    DictV,
    ExternalInstanceV,
    ExternalV,
    Frame,
    FunctionV,
    InstanceV,
    ListV,
    ModuleV,
    TupleV,
    Value,
    Values,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from clearway.check.program.program import Program

MOST_FACTS = 8
COLLECTIONS = (ListV, DictV, TupleV)
LONGEST_TEXT = 60
TEXT: Values = frozenset({ExternalInstanceV("builtins.str")})
BOTH: Values = frozenset({ConstantV(True), ConstantV(False)})
NONE: Values = frozenset({ConstantV(None)})
HOST: dict[str, str] = {"sys.platform": "linux", "os.name": "posix", "os.sep": "/"}
"""Services run on Linux."""
TEXT_METHODS = frozenset({"lower", "upper", "strip", "startswith", "endswith", "casefold", "removeprefix", "replace"})


@dataclass(frozen=True, slots=True)
class Fact:
    """All that an expression can stand for."""

    values: Values
    by_default: bool = False
    """So it is as the service comes; a variable of the environment may say otherwise. What runs only then is told of
    as a warning, not as an error: it is right for those who configure it so, and cannot be known from the code."""


class Facts:
    """Finds what is certain, once for each expression and frame."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self.objects = Objects(program, self)
        self._known: dict[tuple[ast.expr, Frame], Fact | None] = {}
        self._returned: dict[Frame, Fact | None] = {}
        self._bound: dict[tuple[str, Frame], Fact | None] = {}
        self._busy: set[tuple[object, Frame]] = set()

    def of(self, node: ast.expr, frame: Frame) -> Fact | None:
        """All that an expression can stand for in this frame; None where that is open."""
        if type(node) is ast.Constant:
            return _constant(node)
        reader = _READERS.get(type(node))
        if reader is None:
            return None
        key = (node, frame)
        if key in self._known:
            return self._known[key]
        if key in self._busy:
            return None
        self._busy.add(key)
        try:
            fact = reader(self, node, frame)
        finally:
            self._busy.discard(key)
        self._known[key] = fact
        return fact

    def complete(self, node: ast.expr, values: Values, frame: Frame) -> Values:
        """What a call hands over, marked where that is certain."""
        fact = self.of(node, frame)
        if fact is None or (fact.values == TEXT and any(isinstance(value, ConstantV) for value in values)):
            return values  # that it is some text says less than which one it may be
        if any(isinstance(value, COLLECTIONS) for value in fact.values):
            # That it is one is certain; what it holds, as far as is known.
            return Complete(values | {value for value in fact.values if isinstance(value, ConstantV)}, fact.by_default)
        return Complete(fact.values, fact.by_default)

    def union(self, facts: Iterable[Fact | None]) -> Fact | None:
        """One of these: open as soon as one of them is."""
        values: Values = frozenset()
        by_default = False
        for fact in facts:
            if fact is None:
                return None
            values |= fact.values
            by_default = by_default or fact.by_default
        return Fact(values, by_default) if 0 < len(values) <= MOST_FACTS else None

    def _name(self, node: ast.Name, frame: Frame) -> Fact | None:
        here: Frame | None = frame
        while here is not None:
            code = here.code
            visible = not isinstance(code, Class) or here is frame
            if isinstance(code, Module):
                break
            if visible and node.id in code.scope.bindings and node.id not in code.scope.elsewhere:
                return self._local(node.id, here, node if here is frame else None)
            here = here.parent
        return self.of_module(frame.module, node.id)

    def of_module(self, module: Module, name: str) -> Fact | None:
        """A name of a module."""
        program = self._program
        if name in module.scope.bindings or name in program.modules.global_stores(module):
            return self.bound(name, program.frames.of_module(module))
        for star in module.scope.stars:
            for value in program.modules.find(module.absolute(star.module), module):
                if isinstance(value, ModuleV) and name in value.module.scope.bindings:
                    return self.bound(name, program.frames.of_module(value.module))
        values = program.names.lookup(name, program.frames.of_module(module))
        return Fact(values) if len(values) == 1 and all(isinstance(value, ExternalV) for value in values) else None

    def _local(self, name: str, frame: Frame, use: ast.Name | None) -> Fact | None:
        """A name of a function, where it is used: what is bound only behind that does not count."""
        function = frame.code
        bindings = function.scope.bindings.get(name, [])
        if use is None or not isinstance(function, Function) or len(bindings) == 1:
            return self.bound(name, frame)
        order = [binding for binding in bindings if _takes_effect_before(binding, use)]
        certain = [index for index, binding in enumerate(order) if binding.node in function.flow.unconditional]
        if function.flow.repeats(use):
            order += [binding for binding in bindings if binding not in order]
        # What is assigned anew, whatever happens, is not what it was before.
        return self._of_bindings(name, order[certain[-1] :] if certain else order, frame)

    def bound(self, name: str, frame: Frame) -> Fact | None:
        """What the bindings of this name in this frame's own scope give."""
        key = (name, frame)
        if key not in self._bound:
            if key in self._busy:
                return None
            self._busy.add(key)
            try:
                fact = self._of_bindings(name, frame.code.scope.bindings.get(name, []), frame)
            finally:
                self._busy.discard(key)
            self._bound[key] = fact
        return self._bound[key]

    def _of_bindings(self, name: str, bindings: list[Binding], frame: Frame) -> Fact | None:
        code = frame.code
        if name in code.scope.changed:
            return None
        facts: list[Fact | None] = []
        if isinstance(code, Module):
            if self.objects.put_on_module(code, name):
                return None
            for function, binding in self._program.modules.global_stores(code).get(name, ()):
                where = self._program.frames.generic(function)
                facts.append(self._binding(name, binding, where) if name not in function.scope.changed else None)
        elif isinstance(code, Function) and code.flow.shares(name):
            return None  # a function inside of it binds the name too
        dead = self._program.branches.dead(frame)
        for binding in bindings:
            if binding.kind is not Bind.ANNOTATION and not (dead and dead.covers(binding.node)):
                facts.append(self._binding(name, binding, frame))
                if facts[-1] is None:
                    return None
        return self.union(facts)

    def _binding(self, name: str, binding: Binding, frame: Frame) -> Fact | None:
        node = binding.node
        match binding.kind:
            case Bind.PARAMETER:
                assert isinstance(node, ast.arg)
                return self._parameter(node, frame)
            case Bind.VALUE if isinstance(node, ast.expr) and not binding.path:
                if isinstance(node, ast.List | ast.Dict):
                    return self._collection(name, node, frame)
                return self.of(node, frame)
            case Bind.ELEMENT if isinstance(node, ast.expr) and not binding.path:
                return self._elements(node, frame)
            case Bind.FUNCTION | Bind.CLASS:
                values = self._program.names.bound(name, frame)
                return Fact(values) if len(values) == 1 else None
            case Bind.IMPORT:
                return self._imported(binding, frame)
            case _:
                return None

    def _imported(self, binding: Binding, frame: Frame) -> Fact | None:
        modules = self._program.modules
        if binding.member is None:
            values = modules.imported(frame.module, binding.module)
            return Fact(values) if len(values) == 1 else None
        for value in modules.find(frame.module.absolute(binding.module), frame.module):
            if isinstance(value, ModuleV) and binding.member in value.module.scope.bindings:
                return self.bound(binding.member, self._program.frames.of_module(value.module))
        values = modules.member(frame.module, binding.module, binding.member, frame)
        if len(values) != 1:
            return None
        (value,) = values
        if isinstance(value, ExternalV):
            return _host(value.name) or Fact(values)
        return Fact(values) if isinstance(value, ModuleV | ClassV | FunctionV) else None

    def _parameter(self, node: ast.arg, frame: Frame) -> Fact | None:
        function = frame.code
        assert isinstance(function, Function)
        if node.arg in frame.certain:
            given = frame.argument(node.arg)
            return Fact(given, frame.certain[node.arg]) if given else None
        if node.arg == function.receiver:
            receiver = self._program.definitions.made_here(frame) or frame.receiver
            return Fact(frozenset({receiver})) if receiver is not None else None
        return None

    def _collection(self, name: str, node: ast.List | ast.Dict, frame: Frame) -> Fact | None:
        """A list or dictionary that a name stands for; empty only where nothing fills it."""
        if not (node.keys if isinstance(node, ast.Dict) else node.elts):
            code = frame.code
            if isinstance(code, Function) and not self._handed_elsewhere(name, code, frame):
                return Fact(frozenset({TupleV(())}))
        return self._display(node, frame)

    def _handed_elsewhere(self, name: str, code: Function, frame: Frame) -> bool:
        """Whether a live statement may put something into a local collection."""
        dead = self._program.branches.dead(frame)
        return any(not dead.covers(use) for use in code.flow.uses_that_fill(name))

    def _attribute(self, node: ast.Attribute, frame: Frame) -> Fact | None:
        owner = self.of(node.value, frame)
        if owner is None:
            return None
        found = self.union(self._member(value, node.attr, frame) for value in owner.values)
        return None if found is None else Fact(found.values, found.by_default or owner.by_default)

    def _member(self, value: Value, name: str, frame: Frame) -> Fact | None:
        match value:
            case ModuleV(module=module):
                if name in module.scope.bindings:
                    return self.of_module(module, name)
                values = self._program.attributes.one(value, name, frame)
                return Fact(values) if len(values) == 1 and isinstance(next(iter(values)), ModuleV) else None
            case ClassV():
                return self.objects.of_class(value, name)
            case InstanceV():
                return self.objects.of_instance(value, name)
            case ExternalV(name="os") if name == "environ":
                return Fact(frozenset({ExternalV("os.environ")}))  # data says of it only that it holds text
            case ExternalV(name=owner):
                return _host(f"{owner}.{name}") or Fact(self._program.attributes.one(value, name, frame))
            case FunctionV(function=function) if name == "__name__":
                return Fact(frozenset({ConstantV(function.name)}))
            case ConstantV():
                return Fact(frozenset({ExternalV(f"builtins.{type(value.value).__name__}.{name}", value)}))
            case _:
                return None

    def _call(self, node: ast.Call, frame: Frame) -> Fact | None:
        if isinstance(node.func, ast.Attribute) and node.func.attr == "get" and isinstance(node.func.value, _HOLDERS):
            found = self._get(node, frame)
            if found is not None:
                return found
        called = self.of(node.func, frame)
        if called is None or len(called.values) != 1:
            return None
        (callee,) = called.values
        fact: Fact | None = None
        match callee:
            case ClassV(cls=cls) if self._program.definitions.is_enum(cls):
                fact = self.objects.member_of(cls, self.of(node.args[0], frame)) if len(node.args) == 1 else None
            case ClassV():
                made = self._program.evaluate(node, frame)
                fact = Fact(made) if len(made) == 1 and isinstance(next(iter(made)), InstanceV) else None
            case FunctionV(function=function) if not function.is_async and not function.is_generator:
                arguments = self._program.expressions.arguments(node, frame)
                fact = self.returned(self._program.calls.frame(callee, arguments))
            case ExternalV():
                fact = self._external(callee, node, frame)
            case _:
                pass
        return Fact(fact.values, True) if fact is not None and called.by_default else fact

    def _await(self, node: ast.Await, frame: Frame) -> Fact | None:
        if not isinstance(node.value, ast.Call):
            return None
        called = self.of(node.value.func, frame)
        if called is None or called.by_default or len(called.values) != 1:
            return None
        (callee,) = called.values
        if not isinstance(callee, FunctionV) or not callee.function.is_async or callee.function.is_generator:
            return None
        return self.returned(self._program.calls.frame(callee, self._program.expressions.arguments(node.value, frame)))

    def returned(self, frame: Frame) -> Fact | None:
        """What a function gives."""
        if frame not in self._returned:
            key = ("returns", frame)
            function = frame.code
            if key in self._busy or not isinstance(function, Function) or frame.depth > 20:
                return None
            self._busy.add(key)
            try:
                fact = self._results(function, frame)
            finally:
                self._busy.discard(key)
            self._returned[frame] = fact
        return self._returned[frame]

    def _results(self, function: Function, frame: Frame) -> Fact | None:
        if function.decorators and not set(function.decorators) <= TRANSPARENT:
            return None
        if function.is_abstract:
            return None  # others say what it gives
        expressions, ends = self._program.steps_of.results(function, frame)
        facts: list[Fact | None] = [Fact(NONE)] if ends else []
        for expression in expressions:
            facts.append(Fact(NONE) if expression is None else self.of(expression, frame))
            if facts[-1] is None:
                return None
        fact = self.union(facts)
        unusual = self._program.branches.unusual(frame)
        return Fact(fact.values, True) if fact is not None and unusual else fact

    def _external(self, callee: ExternalV, node: ast.Call, frame: Frame) -> Fact | None:
        name = callee.name
        if name in ENVIRONMENT:
            return self._variable(node, frame)
        if name == "platform.system":
            return Fact(frozenset({ConstantV("Linux")}))
        if name in ("builtins.isinstance", "builtins.callable", "builtins.hasattr", "builtins.bool"):
            return self._test(node if name != "builtins.bool" or not node.args else node.args[0], frame)
        if name.rpartition(".")[2] in QUESTIONS:
            return self._test(node, frame)
        if isinstance(callee.receiver, ConstantV):
            return self._text_method(callee.receiver, name.rpartition(".")[2], node, frame)
        if name in ("builtins.str", "builtins.int") and len(node.args) == 1 and not node.keywords:
            return self._converted(str if name == "builtins.str" else int, node, frame)
        if name == "builtins.getattr" and len(node.args) >= 2 and isinstance(node.args[1], ast.Constant):
            owner = self.of(node.args[0], frame)
            if owner is not None and all(isinstance(value, InstanceV | ClassV) for value in owner.values):
                return self.union(self._member(value, str(node.args[1].value), frame) for value in owner.values)
            return self._private(node, str(node.args[1].value), frame)
        return None

    def _private(self, node: ast.Call, name: str, frame: Frame) -> Fact | None:
        """`getattr(executor, "_shutdown", False)`: what a library's object keeps to itself is as usual."""
        if len(node.args) != 3 or not name.startswith("_") or self._program.modules.stores(name):
            return None
        owners = self._program.evaluate(node.args[0], frame)
        of_library = bool(owners) and all(isinstance(owner, ExternalInstanceV) for owner in owners)
        default = self.of(node.args[2], frame) if of_library else None
        return default if default is not None and default.values == frozenset({ConstantV(False)}) else None

    def _variable(self, node: ast.Call, frame: Frame) -> Fact | None:
        """A variable of the environment: what it is where nobody set it."""
        given = [*node.args[1:], *(keyword.value for keyword in node.keywords if keyword.arg == "default")]
        if not given and len(node.args) == 1 and not node.keywords and not isinstance(node.args[0], ast.Starred):
            return Fact(NONE, True)
        default = self.of(given[0], frame) if len(given) == 1 else None
        return None if default is None else Fact(default.values, True)

    def _text_method(self, text: ConstantV, method: str, node: ast.Call, frame: Frame) -> Fact | None:
        """`os.getenv("KIND", "Local").lower()`."""
        given = [self.of(argument, frame) for argument in node.args]
        if method not in TEXT_METHODS or not isinstance(text.value, str) or node.keywords:
            return None
        constants: list[Any] = []
        for fact in given:
            value = next(iter(fact.values)) if fact is not None and len(fact.values) == 1 else None
            if not isinstance(value, ConstantV) or not isinstance(value.value, str):
                return None
            constants.append(value.value)
        try:
            return Fact(frozenset({ConstantV(getattr(text.value, method)(*constants))}))
        except (TypeError, ValueError):
            return None

    def _converted(self, kind: type[str] | type[int], node: ast.Call, frame: Frame) -> Fact | None:
        fact = self.of(node.args[0], frame)
        value = next(iter(fact.values)) if fact is not None and len(fact.values) == 1 else None
        if fact is None or not isinstance(value, ConstantV) or not isinstance(value.value, str | int):
            return Fact(TEXT) if kind is str else None
        try:
            return Fact(frozenset({ConstantV(kind(value.value))}), fact.by_default)
        except ValueError:
            return None

    def _subscript(self, node: ast.Subscript, frame: Frame) -> Fact | None:
        """`REGISTRY[key]`, of a dictionary that is written down and filled nowhere else."""
        asked = self.of(node.slice, frame)
        owner = self.of(node.value, frame) if isinstance(node.value, ast.Name) else None
        if owner is not None and len(owner.values) == 1 and isinstance(next(iter(owner.values)), ClassV):
            (cls,) = owner.values
            assert isinstance(cls, ClassV)
            return None if asked is None else self.objects.member_named(cls.cls, asked)
        return self._looked_up(node.value, asked, frame)

    def _looked_up(self, node: ast.expr, asked: Fact | None, frame: Frame, missing: Fact | None = None) -> Fact | None:
        """What a written dictionary has at a key, any of its values where the key is open; `missing` for another."""
        written = self._written(node, frame)
        if written is None or not isinstance(written[0], ast.Dict):
            return None
        display, where = written
        assert isinstance(display, ast.Dict)
        wanted = None if asked is None else self._keys(asked)
        chosen: list[Fact | None] = []
        for key, value in zip(display.keys, display.values, strict=True):
            fact = self.of(key, where) if key is not None else None
            held = None if fact is None else self._keys(fact)
            if held is None:
                return None
            if wanted is None or held & wanted:
                chosen.append(self.of(value, where))
        if missing is not None and (wanted is None or len(chosen) < len(wanted)):
            chosen.append(missing)
        fact = self.union(chosen)
        return Fact(fact.values, True) if fact is not None and asked is not None and asked.by_default else fact

    def _keys(self, fact: Fact) -> Values | None:
        """What values are as keys; None where one of them cannot be told."""
        found: set[Value] = set()
        for value in fact.values:
            if isinstance(value, InstanceV) and value.is_member and self._program.definitions.is_enum(value.cls):
                found.add(self.objects.as_constant(value) or value)
            elif isinstance(value, ConstantV | ClassV):
                found.add(value)
            else:
                return None
        return frozenset(found)

    def _written(self, node: ast.expr, frame: Frame) -> tuple[ast.expr, Frame] | None:
        """The display that stands here, or that a name is bound to once and that nothing is put into."""
        if not isinstance(node, ast.Name):
            return node, frame
        found = self._program.modules.assigned(node.id, frame)
        if found is None or len(found[1].code.scope.bindings.get(node.id, ())) != 1:
            return None
        code = found[1].code
        if node.id in code.scope.changed:
            return None
        if isinstance(code, Function) and self._handed_elsewhere(node.id, code, found[1]):
            return None
        filled = node.id in self._grown or self._program.modules.element_stores(node.id, code)
        return None if filled else found

    @cached_property
    def _grown(self) -> frozenset[str]:
        """Names of collections to which the project adds others."""
        texts = (module.source.text for module in self._program.modules.project)
        return frozenset(name for text in texts for name in _GROWN.findall(text))

    def _get(self, node: ast.Call, frame: Frame) -> Fact | None:
        """`KINDS.get(name, default)`."""
        assert isinstance(node.func, ast.Attribute)
        if not 1 <= len(node.args) <= 2 or node.keywords:
            return None
        missing = self.of(node.args[1], frame) if len(node.args) == 2 else Fact(NONE)
        if missing is None:
            return None
        return self._looked_up(node.func.value, self.of(node.args[0], frame), frame, missing)

    def _elements(self, node: ast.expr, frame: Frame) -> Fact | None:
        """What a written list, set or tuple holds."""
        written = self._written(node, frame)
        if written is None or not isinstance(written[0], ast.Tuple | ast.List | ast.Set):
            return None
        return self.union(self.of(part, written[1]) for part in written[0].elts)

    def _either(self, node: ast.IfExp, frame: Frame) -> Fact | None:
        answer = self._program.branches.answer(node.test, frame)
        if answer is None:
            return self.union((self.of(node.body, frame), self.of(node.orelse, frame)))
        fact = self.of(node.body if answer.holds else node.orelse, frame)
        return Fact(fact.values, True) if fact is not None and answer.by_default else fact

    def _bool(self, node: ast.BoolOp, frame: Frame) -> Fact | None:
        facts: list[Fact | None] = []
        by_default = False
        for part in node.values[:-1]:
            answer = self._program.branches.answer(part, frame)
            facts.append(self.of(part, frame))
            if answer is None:
                continue
            by_default = by_default or answer.by_default
            if answer.holds is isinstance(node.op, ast.Or):
                break
            facts.pop()  # it goes on to the next
        else:
            facts.append(self.of(node.values[-1], frame))
        fact = self.union(facts)
        return Fact(fact.values, fact.by_default or by_default) if fact is not None else None

    def _test(self, node: ast.expr, frame: Frame) -> Fact:
        answer = self._program.branches.answer(node, frame)
        if answer is None:
            return Fact(BOTH)
        return Fact(frozenset({ConstantV(answer.holds)}), answer.by_default)

    def _not(self, node: ast.UnaryOp, frame: Frame) -> Fact | None:
        return self._test(node, frame) if isinstance(node.op, ast.Not) else None

    def _walrus(self, node: ast.NamedExpr, frame: Frame) -> Fact | None:
        return self.of(node.value, frame)

    def _display(self, node: ast.expr, _frame: Frame) -> Fact:
        if isinstance(node, ast.Dict | ast.DictComp):
            return Fact(frozenset({DictV(())}))
        return Fact(frozenset({ListV(frozenset())}))

    def _tuple(self, node: ast.Tuple, frame: Frame) -> Fact | None:
        parts = [self.of(part, frame) for part in node.elts]
        known = [part.values for part in parts if part is not None]
        return Fact(frozenset({TupleV(tuple(known))})) if len(known) == len(parts) else None

    def _function(self, node: ast.Lambda, frame: Frame) -> Fact:
        return Fact(self._program.evaluate(node, frame))

    def _text(self, _node: ast.JoinedStr, _frame: Frame) -> Fact:
        return Fact(TEXT)


TRANSPARENT = frozenset({"staticmethod", "classmethod", "property", "cached_property", "override", "final"}) | {
    "lru_cache",
    "cache",
}
"""Decorators under which a function gives what its body gives."""
ENVIRONMENT = frozenset({"os.getenv", "os.environ.get", "builtins.os.getenv"})


def _constant(node: ast.Constant) -> Fact | None:
    value = node.value
    if value is None or isinstance(value, str | bytes | int | float):
        return Fact(TEXT if isinstance(value, str) and len(value) > LONGEST_TEXT else frozenset({ConstantV(value)}))
    return None


def _host(name: str) -> Fact | None:
    said = HOST.get(name)
    return None if said is None else Fact(frozenset({ConstantV(said)}))


def _takes_effect_before(binding: Binding, use: ast.Name) -> bool:
    """Whether a name is bound by the time that it is used, where nothing repeats."""
    node = binding.node
    if binding.kind is Bind.PARAMETER:
        return True
    return end_of(node) <= (use.lineno, use.col_offset)


_GROWN = re.compile(r"\b(\w+)\.(?:update|extend|extendleft)\(")
_HOLDERS = (ast.Name, ast.Dict)

_READERS: dict[type[ast.expr], Callable[[Facts, Any, Frame], Fact | None]] = {
    ast.Name: Facts._name,
    ast.Attribute: Facts._attribute,
    ast.Call: Facts._call,
    ast.Await: Facts._await,
    ast.Subscript: Facts._subscript,
    ast.IfExp: Facts._either,
    ast.BoolOp: Facts._bool,
    ast.Compare: Facts._test,
    ast.UnaryOp: Facts._not,
    ast.NamedExpr: Facts._walrus,
    ast.List: Facts._display,
    ast.Dict: Facts._display,
    ast.ListComp: Facts._display,
    ast.DictComp: Facts._display,
    ast.Tuple: Facts._tuple,
    ast.Lambda: Facts._function,
    ast.JoinedStr: Facts._text,
}
