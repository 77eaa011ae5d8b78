"""The pytest plugin that runs inside the suites: installs Clearway on every app that their tests create.

It is a module of its own because the package `tests` is the suite's there.
`CLEARWAY_COMPAT=plain` leaves Clearway out.
"""

from __future__ import annotations

import functools
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette

from clearway import runtime
from clearway.runtime import Runtime
from clearway.runtime.records.recorder import Recorder
from clearway.settings import Settings

PLAIN = os.environ.get("CLEARWAY_COMPAT") == "plain"
EXCLUDED = frozenset(json.loads(os.environ.get("CLEARWAY_COMPAT_EXCLUDED", "[]")))
REPORT = os.environ.get("CLEARWAY_COMPAT_REPORT")
CATEGORIES = ("passed", "skipped", "xfailed", "xpassed", "failed", "error")

_counts: Counter[str] = Counter()
_faults: Counter[str] = Counter()
_deselected: set[str] = set()
_under_construction: set[int] = set()


def install(app: Starlette) -> None:
    runtime.install(app, settings=Settings())
    _counts["apps"] += 1


def count(cls: type, method: str, name: str) -> None:
    """Count how often a method of the runtime is called. Runtimes themselves would keep their apps alive."""
    original = getattr(cls, method)

    @functools.wraps(original)
    def counted(*args: Any, **kwargs: Any) -> Any:
        _counts[name] += 1
        return original(*args, **kwargs)

    setattr(cls, method, counted)


def count_faults() -> None:
    """Count what Clearway itself gets wrong: the tests may pass because calls took the framework's own way."""
    original = Runtime.fault

    @functools.wraps(original)
    def fault(runtime: Runtime, where: str, error: BaseException) -> None:
        _faults[f"{where}: {type(error).__name__}: {error}"] += 1
        original(runtime, where, error)

    setattr(Runtime, original.__name__, fault)


def install_when_constructed(cls: type[Starlette]) -> None:
    """Install on an app when the outermost of its classes' constructors has returned."""
    construct: Any = cls.__init__

    @functools.wraps(construct)
    def __init__(app: Starlette, *args: Any, **kwargs: Any) -> None:
        if id(app) in _under_construction:
            construct(app, *args, **kwargs)
            return
        _under_construction.add(id(app))
        try:
            construct(app, *args, **kwargs)
        finally:
            _under_construction.discard(id(app))
        install(app)

    cls.__init__ = __init__  # type: ignore[method-assign, assignment]


def install_on_subclass(cls: type[Starlette]) -> None:
    if "__init__" in vars(cls):
        install_when_constructed(cls)


if not PLAIN:
    count(Recorder, "request_done", "requests")
    count_faults()
    count(Recorder, "call_done", "calls")
    install_when_constructed(Starlette)
    install_when_constructed(FastAPI)
    Starlette.__init_subclass__ = classmethod(install_on_subclass)  # type: ignore[assignment]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    excluded = [item for item in items if item.nodeid in EXCLUDED]
    if excluded:
        items[:] = [item for item in items if item.nodeid not in EXCLUDED]
        config.hook.pytest_deselected(items=excluded)
        _deselected.update(item.nodeid for item in excluded)


def pytest_sessionfinish(session: pytest.Session) -> None:
    output = getattr(session.config, "workeroutput", None)
    if output is not None:  # this process is a worker of pytest-xdist
        output["clearway_counts"] = dict(_counts)
        output["clearway_faults"] = dict(_faults)
        output["clearway_deselected"] = sorted(_deselected)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    output = getattr(node, "workeroutput", {})
    _counts.update(output.get("clearway_counts", {}))
    _faults.update(output.get("clearway_faults", {}))
    _deselected.update(output.get("clearway_deselected", []))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not PLAIN:
        numbers = ", ".join(f"{_counts[each]:,} {each}" for each in ("apps", "requests", "calls"))
        terminalreporter.write_line(f"Clearway: {numbers}, {_faults.total():,} faults")
    if REPORT:
        reports = {category: terminalreporter.stats.get(category, []) for category in CATEGORIES}
        data = {
            "counts": {category: len(each) for category, each in reports.items()},
            "outcomes": {report.nodeid: category for category, each in reports.items() for report in each},
            "deselected": sorted(_deselected),
            "clearway": dict(_counts),
            "faults": dict(_faults),
        }
        Path(REPORT).write_text(json.dumps(data), encoding="utf-8")
