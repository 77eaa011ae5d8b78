"""Fixtures for all tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.served import Served

settings.register_profile("clearway", deadline=None, derandomize=True, database=None)
settings.load_profile("clearway")

TESTS = Path(__file__).parent
ONLY_COMPUTE = TESTS / "check"
THE_SAME_EVERYWHERE = (
    *(
        TESTS / "check" / name
        for name in ("cache", "fix", "report", "sinks", "test_fix_choice.py", "test_fix_end_to_end.py")
    ),
    *(TESTS / "cli" / name for name in ("test_address.py", "test_bad_input.py", "test_check.py", "test_target.py")),
    *(TESTS / "runtime" / "process" / name for name in ("test_lifetime.py", "test_limits.py")),
    TESTS / "cli" / "test_top.py",
    TESTS / "console",
    TESTS / "runtime" / "cluster",
    TESTS / "benchmarks",
    TESTS / "compat",
)
"""What does not depend on the interpreter's version runs on the first."""
SHARE_THEIR_WORK = ("test_corpus", "test_fix_end_to_end")
"""Modules whose tests use one another's results: they stay in one process."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where tests run in several processes, those of one room that serve or watch a loop keep to one, in order."""
    for item in items:
        group = _group(item.path)
        if group is not None:
            item.add_marker(pytest.mark.xdist_group(group))
        if any(place == item.path or place in item.path.parents for place in THE_SAME_EVERYWHERE):
            item.add_marker(pytest.mark.once)


def _group(path: Path) -> str | None:
    if ONLY_COMPUTE in path.parents:
        return path.stem if path.stem in SHARE_THEIR_WORK else None
    return path.parent.relative_to(TESTS).as_posix()


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads what another one, or the developer, has cached."""
    monkeypatch.setenv("CLEARWAY_CACHE_DIR", str(tmp_path_factory.getbasetemp() / "clearway-cache"))


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Serve the source of an app: `serve(source, "--grace", "1")`. Free ports; whatever is left is killed.

    Without a source, serve what the arguments name.
    """
    running: list[Served] = []

    def start(source: str | None, *arguments: str) -> Served:
        named: list[str] = []
        if source is not None:
            (tmp_path / "app.py").write_text(source)
            named = ["app.py"]
        ports = ["--port", "0"]
        if "--console" not in arguments and "--no-console" not in arguments:
            ports += ["--console", "127.0.0.1:0"]
        served = Served([*named, *ports, *arguments], tmp_path)
        running.append(served)
        return served

    yield start
    for served in running:
        served.kill()
