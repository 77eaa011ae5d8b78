"""The house as it was drawn: imports point down, private names stay in one room, public names are what is said."""

from __future__ import annotations

import ast
import importlib
import os
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import clearway

SOURCE = Path(clearway.__file__).parent
MODULES = sorted(SOURCE.rglob("*.py"))

BELOW = {
    "__init__": {"model", "runtime"},
    "__main__": {"cli"},
    "frames": {"model"},
    "cli": {"frames", "console", "bench", "learn", "runtime", "check", "settings", "model"},
    "console": {"frames", "runtime", "check", "settings", "model"},
    "bench": {"frames", "runtime", "check", "settings", "model"},
    "learn": {"frames", "runtime", "check", "settings", "model"},
    "runtime": {"frames", "settings", "model"},
    "check": {"settings", "model"},
    "settings": {"model"},
    "model": set[str](),
}
"""For each room those that it may import; itself goes without saying."""

RUNTIME = {
    "framework": (),
    "hooks": ("framework",),
    "request": ("hooks",),
    "plan": ("framework",),
    "records": ("framework",),
    "port": (),
    "stalls": ("portal",),
    "portal": (),
    "containment": ("framework", "hooks", "request", "plan", "portal", "stalls"),
    "lanes": ("framework", "hooks", "request", "plan", "stalls.clocks"),
    "lanes.queue": (),
    "lanes.tracks": (),
    "lanes.threads": ("framework", "plan", "stalls.clocks", "lanes.queue", "lanes.tracks"),
    "lanes.remote": ("framework",),
    "lanes.processes": ("hooks", "request", "lanes.queue", "lanes.remote"),
    "lanes.clusters": ("hooks", "request", "lanes.queue", "lanes.remote"),
    "telemetry": ("framework", "hooks"),
    "blame": ("request", "lanes.threads", "stalls"),
    "ports": ("blame", "port", "lanes", "stalls"),
    "waiting": ("blame", "stalls"),
    "install": (
        "blame",
        "containment",
        "framework",
        "hooks",
        "lanes",
        "plan",
        "ports",
        "records",
        "request",
        "telemetry",
        "waiting",
    ),
    "offload": ("framework", "hooks", "install", "request"),
}
"""Inside `runtime`: for each of its parts those that it needs when it runs. For annotations all may know all."""

PROGRAM = "clearway.check.program"
BELOW_IN_PROGRAM = {
    "__init__": set[str](),
    "code": set[str](),
    "values": {"code"},
    "facts": {"code", "values"},
    "resolution": {"code", "values", "facts"},
    "models": {"code", "values"},
    "calls": {"code", "values", "models"},
    "evaluation": {"code", "values", "facts", "models"},
    "program": {"code", "values", "facts", "resolution", "models", "calls", "evaluation"},
}
"""The same for the rooms of the program under check. What they ask of each other as they run goes through `Program`,
whose type each of them may name."""

HEAVY = (
    "fastapi",
    "starlette",
    "anyio",
    "asyncio",
    "uvicorn",
    "rich",
    "textual",
    "libcst",
    "clearway.runtime",
    "clearway.check.program",
)
FRAMEWORKS = ("anyio", "fastapi", "starlette")


def _name(path: Path) -> str:
    return str(path.relative_to(SOURCE).with_suffix("")).replace("/", ".")


def _room(path: Path) -> str:
    return _name(path).partition(".")[0]


def _part(dotted: str) -> str | None:
    """The most particular part of the runtime that a module is in."""
    parts = [part for part in RUNTIME if f"{dotted}.".startswith(f"{part}.")]
    return max(parts, key=len, default=None)


def _room_of_program(module: str) -> str:
    return module.removeprefix(PROGRAM).removeprefix(".").partition(".")[0]


def _type_only(tree: ast.Module) -> set[ast.AST]:
    """What stands below `if TYPE_CHECKING:`."""
    return {
        inner
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }


def _needed(path: Path) -> Iterator[tuple[str, str]]:
    """(module, name imported from it) of what is there not only for annotations."""
    tree = ast.parse(path.read_text())
    type_only = _type_only(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node not in type_only:
            yield from ((node.module or "", alias.name) for alias in node.names)


def _imports(path: Path) -> Iterator[tuple[str, str | None]]:
    """(module, name imported from it) of every import, those inside functions included."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, None
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            assert node.module is not None
            for alias in node.names:
                yield node.module, alias.name


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_imports_point_down(path: Path) -> None:
    room = _room(path)
    assert room in BELOW, f"{room} is no room of the house"
    allowed = BELOW[room] | {room}
    for module, name in _imports(path):
        if module.partition(".")[0] != "clearway":
            continue
        parts = [*module.split(".")[1:], *([name] if name else [])]
        imported = parts[0] if parts and parts[0] in BELOW else "__init__"
        assert imported in allowed, f"{_name(path)} imports {module}: {room} may import only {sorted(allowed)}"


@pytest.mark.parametrize("path", [path for path in MODULES if _room(path) == "runtime"], ids=_name)
def test_inside_the_runtime_imports_point_down(path: Path) -> None:
    own = _name(path).removeprefix("runtime.").removesuffix(".__init__")
    if own == "__init__":
        return  # the names of the whole room
    part = _part(own)
    assert part is not None, f"runtime.{own} is in no part of the runtime"
    for module, name in _needed(path):
        if not module.startswith("clearway.runtime"):
            continue
        needed = f"{module}.{name}".removeprefix("clearway.runtime.")
        within = (part, *RUNTIME[part])
        assert any(f"{needed}.".startswith(f"{allowed}.") for allowed in within), (
            f"runtime.{own} needs {needed}: {part} may need only {sorted(within)}"
        )


@pytest.mark.parametrize("path", sorted((SOURCE / "check" / "program").rglob("*.py")), ids=_name)
def test_imports_of_the_program_point_down(path: Path) -> None:
    """Those for types, too, but for that of `Program`, which joins the rooms and so knows them all."""
    room = _room_of_program(f"clearway.{_name(path)}")
    assert room in BELOW_IN_PROGRAM, f"{room} is no room of the program"
    tree = ast.parse(path.read_text())
    type_only = _type_only(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith(PROGRAM):
            continue
        if node.module == f"{PROGRAM}.program" and node in type_only:
            continue
        imported = _room_of_program(node.module or "")
        allowed = BELOW_IN_PROGRAM[room] | {room}
        assert imported in allowed, f"{_name(path)} imports {node.module}: {room} may import only {sorted(allowed)}"


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_nothing_outside_of_the_check_knows_the_rooms_of_the_program(path: Path) -> None:
    if _name(path).startswith("check."):
        below = _name(path).split(".")[1] in ("source", "project", "environment", "engine", "sinks")
        assert not below or not any(module.startswith(PROGRAM) for module, _ in _imports(path)), "it is below"
    else:
        assert not any(module.startswith(PROGRAM) for module, _ in _imports(path))


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_private_names_of_the_frameworks_stay_in_one_package(path: Path) -> None:
    if _name(path).startswith("runtime.framework."):
        return
    for module, name in _imports(path):
        if module.partition(".")[0] in FRAMEWORKS:
            private = [part for part in (*module.split("."), name or "") if part.startswith("_")]
            assert not private, f"{_name(path)} imports {private} from {module}"
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.startswith("__"):
            root = re.match(r"\w+", ast.unparse(node.value))
            assert root is None or root[0] not in FRAMEWORKS, f"{_name(path)} touches {ast.unparse(node)}"


def test_the_command_needs_no_fastapi() -> None:
    """Only the modules that know the frameworks' insides, or stand in for them, import FastAPI, softly."""
    users = {_name(path) for path in MODULES for module, _ in _imports(path) if module.partition(".")[0] == "fastapi"}
    assert users <= {"runtime.framework.calls", "runtime.framework.routes", "runtime.hooks"}


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


@pytest.mark.parametrize("name", ["clearway", "clearway.runtime", "clearway.runtime.framework"])
def test_public_names_are_those_that_it_lists(name: str) -> None:
    module = importlib.import_module(name)
    submodules = {info.name for info in pkgutil.iter_modules(module.__path__)}
    public = {key for key in dir(module) if not key.startswith("_")} - {"annotations"}
    own = {key for key in public if key not in submodules or not isinstance(getattr(module, key), type(module))}
    assert own == set(module.__all__)
    assert list(module.__all__) == sorted(module.__all__)


def test_the_public_names_bring_no_framework_before_they_are_used() -> None:
    """A check starts in a twentieth of a second because of it."""
    code = f"import sys, clearway.cli.check; print(*(name for name in {HEAVY!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=_environment())
    assert done.stdout.split() == []


@pytest.mark.parametrize("arguments", ["--help", "run --help", "top --help"])
def test_no_help_waits_for_the_terminal_view(arguments: str) -> None:
    code = (
        "import contextlib, io, sys\n"
        "from clearway.cli import main\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):\n"
        f"    main({arguments.split()!r})\n"
        "print('textual' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=_environment())
    assert done.stdout.split() == ["False"]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(SOURCE.parent), os.environ.get("PYTHONPATH", "")])}


def test_a_name_that_does_not_exist_is_refused() -> None:
    with pytest.raises(AttributeError, match="no attribute 'instal'"):
        getattr(clearway, "instal")  # noqa: B009


def test_every_public_name_has_words() -> None:
    for name in clearway.__all__:
        assert getattr(clearway, name).__doc__, name
