"""Functions as they are written."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING

from clearway.check.program.code.flow import Flow
from clearway.check.program.code.lazily import made_lazily, put_down
from clearway.check.program.code.narrowing import narrowed
from clearway.check.program.code.reaching import reaching
from clearway.check.program.code.scopes import Binding, FunctionNode, Scope, parameters, scope_of
from clearway.check.program.code.serials import serials
from clearway.check.source.syntax import last_name, statements, walk

if TYPE_CHECKING:
    from clearway.check.program.code.classes import Class
    from clearway.check.program.code.modules import Module


ABSTRACT = frozenset({"abstractmethod", "abstractproperty", "overload"})
ROUTE_MAKERS = frozenset({"add_api_route", "add_route", "api_route", "add_api_websocket_route", "include_router"})
ASKING = frozenset(
    {"iscoroutinefunction", "is_async_callable", "is_coroutine_callable", "is_coroutine_function"}
    | {"isawaitable", "iscoroutine", "isgenerator", "isgeneratorfunction"}
)
"""Functions that tell async things from others."""


class Function:
    """A `def`, an `async def` or a lambda."""

    def __init__(
        self, module: Module, node: FunctionNode, qualname: str, owner: Class | None, parent: Function | None
    ) -> None:
        self.serial = next(serials)
        self.module = module
        self.node = node
        self.qualname = qualname
        self.owner = owner
        """The class whose body it stands in."""
        self.parent = parent
        """The function that it is nested in."""
        self.is_async = isinstance(node, ast.AsyncFunctionDef)

    def __repr__(self) -> str:
        return f"Function({self.id})"

    @property
    def id(self) -> str:
        return f"{self.module.name}:{self.qualname}"

    @property
    def name(self) -> str:
        return self.qualname.rpartition(".")[2]

    @property
    def line(self) -> int:
        return self.node.lineno

    @cached_property
    def scope(self) -> Scope:
        return scope_of(self.node)

    @property
    def is_generator(self) -> bool:
        return bool(self.scope.yields)

    @cached_property
    def decorators(self) -> list[str]:
        """The last name of each decorator, as written."""
        if isinstance(self.node, ast.Lambda):
            return []
        return [last_name(decorator) for decorator in self.node.decorator_list]

    @cached_property
    def is_static(self) -> bool:
        return "staticmethod" in self.decorators

    @cached_property
    def is_classmethod(self) -> bool:
        return "classmethod" in self.decorators or self.name in ("__new__", "__init_subclass__", "__class_getitem__")

    @cached_property
    def is_property(self) -> bool:
        return any(name in ("property", "cached_property", "abstractproperty") for name in self.decorators)

    @property
    def is_setter(self) -> bool:
        return any(name in ("setter", "deleter") for name in self.decorators)

    @cached_property
    def parameters(self) -> list[ast.arg]:
        return list(parameters(self.node.args))

    @cached_property
    def defaults(self) -> dict[str, ast.expr]:
        """Default values by parameter."""
        arguments = self.node.args
        positional = [*arguments.posonlyargs, *arguments.args]
        found = dict(
            zip(
                (argument.arg for argument in positional[len(positional) - len(arguments.defaults) :]),
                arguments.defaults,
                strict=True,
            )
        )
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            if default is not None:
                found[argument.arg] = default
        return found

    @cached_property
    def receiver(self) -> str | None:
        """The name of `self` or `cls` where it is a method."""
        arguments = self.node.args
        if self.owner is None or self.is_static:
            return None
        positional = [*arguments.posonlyargs, *arguments.args]
        return positional[0].arg if positional else None

    @cached_property
    def looks_names_up(self) -> bool:
        """It takes something by a name that may be a parameter: `getattr(x, name)`, `REGISTRY[name]`, hands names on to
        the constructor of a base, or makes routes whose paths it is given, itself or by a neighbour.
        """
        if any(_makes_routes(node) for call in self.flow.calls if (node := self._neighbour(call)) is not None):
            return True
        return (self.name == "__init__" and self.node.args.kwarg is not None) or any(
            isinstance(node, ast.Subscript)
            or (isinstance(node, ast.Name) and node.id in ("getattr", "import_module"))
            or (isinstance(node, ast.Attribute) and node.attr in ROUTE_MAKERS)
            or (isinstance(node, ast.Call) and isinstance(node.func, ast.Call))
            or (isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and bool(node.decorator_list))
            for node in walk(self.node)
        )

    @cached_property
    def flow(self) -> Flow:
        """Its tests, and where its names are bound and handed on."""
        return Flow(self.node)

    @cached_property
    def asks_what_it_got(self) -> bool:
        """It tests whether something is async: which branch runs depends on what it is called with."""
        return self.module.asks and any(
            isinstance(node, ast.Call) and last_name(node.func) in ASKING for node in walk(self.node)
        )

    @cached_property
    def narrowed(self) -> dict[ast.Name, list[tuple[ast.expr, bool]]]:
        """Names below an `isinstance` test of the same name: the class asked for, and whether it holds there."""
        text = self.module.source.text
        return narrowed(self.node) if "isinstance" in text or "type(" in text else {}

    @cached_property
    def reaching(self) -> dict[ast.Name, list[Binding]]:
        """The bindings that names can have which get a new value made of their old one."""
        return {} if isinstance(self.node, ast.Lambda) else reaching(self.node.body, self.scope)

    @cached_property
    def made_lazily(self) -> frozenset[ast.AST]:
        """What stands below `if self._client is None:` that sets `self._client`: it runs once."""
        return made_lazily(self.node, self._outlives, self._neighbour, self._is_raised)

    @cached_property
    def put_down(self) -> dict[ast.AST, list[ast.expr]]:
        """What stands below `if flag: flag = False`, with the flags of modules, of the own or of others."""
        found = put_down(self.node, self._outlives, self._neighbour) if "False" in self.module.source.text else {}
        return {
            node: kept for node, flags in found.items() if (kept := [one for one in flags if self._is_of_module(one)])
        }

    def _is_of_module(self, flag: ast.expr) -> bool:
        if isinstance(flag, ast.Name):
            return flag.id in self.scope.elsewhere
        return isinstance(flag, ast.Attribute) and not (
            isinstance(flag.value, ast.Name) and flag.value.id == self.receiver
        )

    def _is_raised(self, flag: ast.expr) -> bool:
        """Whether a flag is set again after its object was made."""
        if self.owner is None or not isinstance(flag, ast.Attribute) or not isinstance(flag.value, ast.Name):
            return True
        if flag.value.id != self.receiver:
            return True
        stored = self.owner.stores.get(flag.attr, [])
        return any(
            method.name != "__init__" and not (isinstance(value, ast.Constant) and value.value is False)
            for method, value, _annotation, _path in stored
        )

    def _outlives(self, subject: ast.expr) -> bool:
        """Whether a name or attribute is the same for the next call: not a local name, nor of what is given."""
        root = subject
        named: list[str] = []
        while isinstance(root, ast.Attribute):
            named.append(root.attr)
            root = root.value
        if not isinstance(root, ast.Name):
            return False
        if root is subject or root.id != self.receiver:
            own = root.id in self.scope.bindings and root.id not in self.scope.elsewhere
            return not own or "app" in named  # `request.app.state.client`
        return True

    def _neighbour(self, call: ast.Call) -> ast.AST | None:
        """The function of the same class, or module, that a call runs by the way it is written."""
        called = call.func
        if isinstance(called, ast.Attribute):
            own = self.owner is not None and isinstance(called.value, ast.Name) and called.value.id == self.receiver
            return self.owner.methods_by_name.get(called.attr) if own and self.owner is not None else None
        return self.module.functions_by_name.get(called.id) if isinstance(called, ast.Name) else None

    @cached_property
    def on_the_way_to_errors(self) -> frozenset[ast.AST]:
        """What stands in handlers that raise in the end: `except Exception: session.rollback(); raise`."""
        handlers = [
            node
            for node in statements(self.node)
            if isinstance(node, ast.ExceptHandler) and isinstance(node.body[-1], ast.Raise)
        ]
        return frozenset(inner for handler in handlers for statement in handler.body for inner in walk(statement))

    @cached_property
    def is_abstract(self) -> bool:
        """It says what others do: abstract, or a body of `...`, `pass`, a docstring or `raise NotImplementedError`."""
        if isinstance(self.node, ast.Lambda):
            return False
        if any(name in ABSTRACT for name in self.decorators):
            return True
        return all(_says_nothing(statement) for statement in self.node.body)


def _makes_routes(function: ast.AST) -> bool:
    return any(isinstance(node, ast.Attribute) and node.attr in ROUTE_MAKERS for node in walk(function))


def _says_nothing(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Pass):
        return True
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    if isinstance(statement, ast.Raise) and statement.exc is not None:
        return last_name(statement.exc) == "NotImplementedError"
    return False


def defined_in(body: list[ast.stmt]) -> dict[str, ast.AST]:
    """The functions that stand directly in a body, by name."""
    return {one.name: one for one in body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}
