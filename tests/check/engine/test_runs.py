"""Which files one run reads: as few runs as module names allow."""

from __future__ import annotations

from pathlib import Path

import pytest

from clearway.check.engine.configuration import configuration
from clearway.check.engine.runs import SourceRoots
from tests.check.engine.conftest import project_of


def groups(tmp_path: Path, sources: dict[str, str], roots: list[str]) -> list[list[str]]:
    runs = SourceRoots(project_of(tmp_path, sources, roots)).runs()
    return [sorted(file.shown for file in run.files) for run in runs]


@pytest.mark.parametrize(
    "imports",
    [
        "import main",
        "from main import f",
        "import os, main",
        "if True: import main",
        "    import main as m",
        "x = 1; import main.f",
    ],
)
def test_a_name_that_is_there_twice_and_imported_takes_two_runs(tmp_path: Path, imports: str) -> None:
    sources = {"one/main.py": "", "one/use.py": imports + "\n", "two/main.py": ""}
    assert groups(tmp_path, sources, ["one", "two"]) == [["one/main.py", "one/use.py"], ["two/main.py"]]


@pytest.mark.parametrize("imports", ["", "import domain", "# see main", "from . import other"])
def test_a_name_that_nobody_imports_may_be_there_twice(tmp_path: Path, imports: str) -> None:
    sources = {"one/main.py": "", "one/use.py": imports + "\n", "two/main.py": ""}
    assert len(groups(tmp_path, sources, ["one", "two"])) == 1


@pytest.mark.parametrize(
    "imports", ["from . import main", "from .main import f", "from ..app.main import f", "from app import (\n  main)"]
)
def test_relative_and_bracketed_imports_count(tmp_path: Path, imports: str) -> None:
    sources = {"one/app/main.py": "", "one/app/use.py": imports + "\n", "two/app/main.py": ""}
    assert len(groups(tmp_path, sources, ["one", "two"])) == 2


def test_a_package_hides_a_folder_of_its_name(tmp_path: Path) -> None:
    sources = {"one/app/a.py": "import app.a\n", "two/app/__init__.py": "", "two/app/b.py": ""}
    assert len(groups(tmp_path, sources, ["one", "two"])) == 2


def test_folders_of_one_name_without_init_are_one_package(tmp_path: Path) -> None:
    sources = {"one/app/a.py": "import app.b\n", "two/app/b.py": "import app.a\n"}
    assert len(groups(tmp_path, sources, ["one", "two"])) == 1


def test_roots_that_do_not_collide_with_each_other_share_a_run(tmp_path: Path) -> None:
    sources = {
        f"{root}/{name}.py": f"import {name}\n" for root, name in [("a", "x"), ("b", "x"), ("c", "y"), ("d", "y")]
    }
    assert groups(tmp_path, sources, ["a", "b", "c", "d"]) == [["a/x.py", "c/y.py"], ["b/x.py", "d/y.py"]]


def test_every_run_sees_every_root_its_own_first(tmp_path: Path) -> None:
    sources = {"one/main.py": "import main\n", "two/main.py": "", "lib/shared.py": ""}
    runs = SourceRoots(project_of(tmp_path, sources, ["one", "two", "lib"])).runs()
    assert [[root.name for root in run.search_path] for run in runs] == [["one", "lib", "two"], ["two", "one", "lib"]]


def test_a_root_that_the_project_does_not_list_is_seen(tmp_path: Path) -> None:
    project = project_of(tmp_path, {"one/main.py": ""}, ["one"])
    bare = type(project)(project.root, (), project.files, ())
    assert SourceRoots(bare).runs()[0].search_path == (tmp_path / "one",)


@pytest.mark.parametrize(
    ("module", "importer", "expected"),
    [
        ("app.x", "two", True),
        ("app", "two", True),
        ("other", "two", False),
        ("app.x", "one", False),
        ("apple", "two", False),
    ],
)
def test_a_module_is_shadowed_where_the_importer_has_one_of_its_name_or_above(
    tmp_path: Path, module: str, importer: str, expected: bool
) -> None:
    project = project_of(tmp_path, {"one/app/x.py": "", "two/app/__init__.py": ""}, ["one", "two"])
    assert SourceRoots(project).shadowed(module, tmp_path / "one", tmp_path / importer) is expected


def test_the_configuration_names_every_file_as_itself(tmp_path: Path) -> None:
    import tomllib

    run = SourceRoots(project_of(tmp_path, {"a[1]*?.py": "", 'q"\\.py': "", "\x7f\x01.py": ""})).runs()[0]
    read = tomllib.loads(configuration(run))
    assert read["project-includes"] == [
        f"{tmp_path}/a[[]1[]][*][?].py",
        f'{tmp_path}/q"\\.py',
        f"{tmp_path}/\x7f\x01.py",
    ]
    assert read["search-path"] == [str(tmp_path)]
    assert read["check-unannotated-defs"] is True
