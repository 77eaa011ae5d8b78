"""Providers of dependency-injector: `Singleton(Service, repository=repository)` makes one where it is asked for.
And what other containers are asked for by its class: `await container.get(Service)`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from clearway.check.program.values import (
    UNKNOWN,
    ClassV,
    ExternalInstanceV,
    ExternalV,
    Frame,
    InstanceV,
    ModelV,
    ShapeV,
    TupleV,
    Values,
)
from clearway.check.program.values.arguments import Arguments
from clearway.check.program.values.effects import Effect, Outcome, Run

if TYPE_CHECKING:
    import ast

    from clearway.check.program.models.models import Model, Models

SINGLETONS = ("Singleton", "ThreadSafeSingleton", "ThreadLocalSingleton", "ContextLocalSingleton")
PROVIDERS = (*SINGLETONS, "Factory", "Callable", "Coroutine", "Resource")
MARKERS = frozenset({"dependency_injector.wiring.Provide", "dependency_injector.wiring.Closing"})
"""`Provide[Container.service]` stands for the provider inside."""
ASKED = {
    "dishka.AsyncContainer.get": True,
    "dishka.Container.get": False,
    "svcs.Container.get": False,
    "svcs.Container.get_abstract": False,
    "svcs.Container.aget": True,
    "svcs.Container.aget_abstract": True,
    "injector.Injector.get": False,
    "fastapi_injector.Injected": False,
    "fastapi_injector.SyncInjected": False,
    "lagom.Container.resolve": False,
    "lagom.integrations.fast_api.FastApiIntegration.depends": False,
    "wireup.AsyncContainer.get": True,
    "wireup.ScopedAsyncContainer.get": True,
}
"""What gives an object of the class that it is given, and whether it must be awaited."""
_POSITION = "at "


def _provider(_models: Models, _callee: ExternalV, arguments: Arguments, node: ast.AST, _frame: Frame) -> Outcome:
    rest = [(f"{_POSITION}{index}", values) for index, values in enumerate(arguments.positional[1:])]
    items = (("function", arguments.at(0)), *rest, *arguments.keywords)
    return Outcome(frozenset({ModelV("provider", items, node)}))


def provided(models: Models, provider: ModelV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
    """What a provider makes when it is called; when it made it the first time, nobody can say."""
    positional: list[Values] = []
    keywords: dict[str, Values] = {}
    for name, values in provider.items[1:]:
        given = _resolved(models, values, node, frame)
        if name.startswith(_POSITION):
            positional.append(given)
        else:
            keywords[name] = given
    found: Values = UNKNOWN
    effects: list[Effect] = []
    for function in provider.item("function"):
        outcome = models.program.calls.apply(
            function, arguments.behind(tuple(positional), tuple(keywords.items())), node, frame
        )
        found = models.program.union(found, outcome.values)
        effects.extend(replace(e, possible=True) if isinstance(e, Run) else e for e in outcome.effects)
    return Outcome(found, tuple(effects))


def _asked(models: Models, callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
    found: list[Values] = []
    effects: list[Effect] = []
    for given in arguments.positional or (arguments.at(0, "dependency_type"),):
        kinds = frozenset(
            InstanceV(value.cls) if isinstance(value, ClassV) else ExternalInstanceV(value.name)
            for value in given
            if isinstance(value, ClassV | ExternalV)
        )
        outcome = models.program.containers.making(kinds, node, frame)
        found.append(outcome.values)
        effects.extend(outcome.effects)
    values = found[0] if len(found) == 1 else frozenset({TupleV(tuple(found))})
    return Outcome(frozenset({ShapeV("await", values)}) if ASKED[callee.name] else values, tuple(effects))


def _resolved(models: Models, values: Values, node: ast.AST, frame: Frame) -> Values:
    found: Values = UNKNOWN
    for value in values:
        if isinstance(value, ModelV) and value.name == "provider":
            found = models.program.union(found, provided(models, value, Arguments(), node, frame).values)
        else:
            found = models.program.union(found, frozenset({value}))
    return found


def providers() -> dict[str, Model]:
    """All of them, by dotted name."""
    return {
        **{f"dependency_injector.providers.{name}": _provider for name in PROVIDERS},
        **dict.fromkeys(ASKED, _asked),
    }
