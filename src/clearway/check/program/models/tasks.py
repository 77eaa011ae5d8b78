"""Decorators of task queues."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.check.program.values import (
    ExternalInstanceV,
    ExternalV,
    Frame,
    FunctionV,
    InstanceV,
    ModelV,
)
from clearway.check.program.values.effects import Outcome

if TYPE_CHECKING:
    import ast

    from clearway.check.program.models.models import Model, Models
    from clearway.check.program.values.arguments import Arguments


def _task(made: str) -> Model:
    """Celery's `@app.task` and `@app.task(bind=True)`: calling the task's name runs the function here."""

    def model(_models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
        # What is given may be an object that is called, too.
        given = frozenset(value for value in arguments.at(0, "fn") if isinstance(value, FunctionV | InstanceV))
        if given:
            return Outcome(frozenset({ExternalInstanceV(made, None, given)}))
        return Outcome(frozenset({ModelV("task_decorator", (("task", frozenset({ExternalInstanceV(made)})),))}))

    return model


TASKS: dict[str, Model] = {
    "celery.Celery.task": _task("celery.Task"),
    "celery.shared_task": _task("celery.Task"),
    "dramatiq.actor": _task("dramatiq.Actor"),
}
