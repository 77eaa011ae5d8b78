"""Which plan `clearway run` follows: the one that was named, else a fresh one beside the app."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from clearway.check.plan import DEFAULT_NAME
from clearway.model import Lane, Plan, PlanError, shown

if TYPE_CHECKING:
    from pathlib import Path

LABEL = "plan     "


@dataclass(frozen=True, slots=True)
class UsedPlan:
    """A plan, and the line that says where it is from."""

    plan: Plan = field(default_factory=Plan)
    file: Path | None = None
    given: bool = False
    """Named by the user: what is wrong with it is an error. One that was only found is left aside instead."""
    note: str | None = None

    def ignored(self, error: PlanError) -> UsedPlan:
        """The same without its calls, and why."""
        name = shown(self.file) if self.file else DEFAULT_NAME
        reason = str(error).removeprefix(f"plan {self.file}: ").removesuffix("; write it again")
        note = f"{LABEL}{name} is stale and ignored: {reason}; write it anew: clearway check --write-plan {name}"
        return UsedPlan(file=self.file, note=note)

    def for_what_is_loaded(self) -> UsedPlan:
        """With the module names of this process, which depend on where the app was started from.

        Without the calls of modules that the app has not imported, unless the user named the plan: one that was found
        may be for several services.
        """
        calls = {}
        for name, call in self.plan.calls.items():
            module, _, function = name.partition(":")
            loaded = _loaded_as(module)
            if loaded is not None:
                calls[f"{loaded}:{function}"] = replace(call, call=f"{loaded}:{function}")
            elif self.given:
                calls[name] = call
        return replace(self, plan=Plan(calls, self.plan.files))


def _loaded_as(module: str) -> str | None:
    """The loaded module that the checker calls by this name: `lesson.app` for `examples.lesson.app`, if only one is."""
    if module in sys.modules:
        return module
    shorter = [name for name in _tails(module) if name in sys.modules]
    longer = [name for name in sys.modules if name.endswith(f".{module}")]
    found = shorter[:1] or longer
    return found[0] if len(found) == 1 else None


def _tails(module: str) -> list[str]:
    """The name without its first parts, the longest first; a last part alone says too little."""
    parts = module.split(".")
    return [".".join(parts[index:]) for index in range(1, len(parts) - 1)]


def find_plan(given: Path | None, folders: tuple[Path, ...]) -> UsedPlan:
    """The plan of `--plan`, else that of the first of these folders that has one. Raises PlanError for the former."""
    if given is not None:
        return UsedPlan(Plan.load(given), given, given=True)
    for folder in folders:
        file = folder / DEFAULT_NAME
        if file.is_file():
            return _found(file)
    return UsedPlan()


def _found(file: Path) -> UsedPlan:
    try:
        plan = Plan.load(file)
    except PlanError as error:
        return UsedPlan(file=file).ignored(error)
    on_loop = sum(call.lane is Lane.LOOP and not call.blocks for call in plan.calls.values())
    blocking = sum(call.blocks for call in plan.calls.values())
    note = f"{LABEL}{shown(file)} is fresh: {_calls(on_loop)} on the loop without a thread hop"
    if blocking:
        note += f", {_calls(blocking)} known to block the loop"
    return UsedPlan(plan, file, note=note)


def _calls(count: int) -> str:
    return f"{count} call{'' if count == 1 else 's'}"
