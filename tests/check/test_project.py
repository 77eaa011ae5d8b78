"""Which files belong to a project, and by what names they import each other."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearway.check.project import Project, find_project
from clearway.model import ClearwayError
from tests.check.trees import write_tree


def _modules(project: Project) -> dict[str, str]:
    return {file.shown: file.module for file in project.files}


def _shown(project: Project) -> list[str]:
    return [file.shown for file in project.files]


def _located(project: Project, importer: str, name: str) -> str | None:
    root = next(file.source_root for file in project.files if file.shown == importer)
    found = project.module_file(name, root)
    return None if found is None else found.relative_to(project.root).as_posix()


def _refusal(*paths: Path, exclude: tuple[str, ...] = (), src: tuple[Path, ...] = ()) -> str:
    with pytest.raises(ClearwayError) as caught:
        find_project(paths, src, exclude)
    assert "\n" not in str(caught.value)
    return str(caught.value)


class TestFiles:
    def test_all_python_files_below_a_folder_in_order(self, tmp_path: Path) -> None:
        write_tree(tmp_path, {"b.py": "", "a/x.py": "", "a/y.txt": "", "a/z.pyi": "", "a-b/v1.2/c.py": ""})
        project = find_project([tmp_path])
        assert _shown(project) == ["a-b/v1.2/c.py", "a/x.py", "b.py"]
        assert all(file.path.is_absolute() for file in project.files)
        assert project.root == tmp_path
        assert project.skipped == ()

    @pytest.mark.parametrize(
        "foreign",
        [
            {".hidden/x.py": ""},
            {"__pycache__/x.py": ""},
            {"web/node_modules/gyp/x.py": ""},
            {"lib/site-packages/x.py": ""},
            {"environment/pyvenv.cfg": "", "environment/x.py": ""},
            {"conda/conda-meta/": "", "conda/x.py": ""},
            {"pyproject.toml": "", "build/lib/app/x.py": "", "dist/x.py": ""},
            {"app.egg-info/x.py": ""},
        ],
        ids=lambda files: next(iter(files)),
    )
    def test_what_is_not_the_projects_is_left_out(self, tmp_path: Path, foreign: Mapping[str, str]) -> None:
        write_tree(tmp_path, {"main.py": "", **foreign})
        assert _shown(find_project([tmp_path])) == ["main.py"]

    def test_a_package_called_build_is_source(self, tmp_path: Path) -> None:
        write_tree(tmp_path, {"pyproject.toml": "", "build/__init__.py": "", "build/x.py": "", "src/dist/y.py": ""})
        assert _shown(find_project([tmp_path])) == ["build/__init__.py", "build/x.py", "src/dist/y.py"]

    def test_a_folder_that_is_named_is_read_whatever_it_is(self, tmp_path: Path) -> None:
        write_tree(tmp_path, {"venv/pyvenv.cfg": "", "venv/site-packages/pkg/x.py": ""})
        assert _shown(find_project([tmp_path / "venv" / "site-packages"])) == ["pkg/x.py"]

    def test_paths_that_overlap_give_each_file_once(self, tmp_path: Path) -> None:
        write_tree(tmp_path, {"a/x.py": "", "a/b/y.py": ""})
        assert _shown(find_project([tmp_path / "a", tmp_path / "a" / "b", tmp_path / "a" / "x.py"])) == [
            "b/y.py",
            "x.py",
        ]

    def test_links_in_circles_and_links_to_files_give_each_file_once(self, tmp_path: Path) -> None:
        write_tree(tmp_path, {"a/x.py": "", "z/": ""})
        (tmp_path / "a" / "loop").symlink_to(tmp_path)
        (tmp_path / "a" / "self").symlink_to(tmp_path / "a" / "self")
        (tmp_path / "0_alias").symlink_to(tmp_path / "a")
        (tmp_path / "0_alias.py").symlink_to(tmp_path / "a" / "x.py")
        assert _shown(find_project([tmp_path])) == ["a/x.py"]

    def test_files_behind_a_link_out_of_the_project_are_its_own(self, tmp_path: Path) -> None:
        write_tree(tmp_path, {"elsewhere/shared/x.py": "", "elsewhere/y.py": "", "service/main.py": ""})
        (tmp_path / "service" / "shared").symlink_to(tmp_path / "elsewhere" / "shared")
        (tmp_path / "service" / "y.py").symlink_to(tmp_path / "elsewhere" / "y.py")
        assert _shown(find_project([tmp_path / "service"])) == ["main.py", "shared/x.py", "y.py"]

    def test_a_link_to_nothing_is_counted(self, tmp_path: Path) -> None:
        write_tree(tmp_path, {"main.py": ""})
        (tmp_path / "gone.py").symlink_to(tmp_path / "nowhere")
        project = find_project([tmp_path])
        assert [(skip.file, skip.reason) for skip in project.skipped] == [
            ("gone.py", "cannot be read: a link to nothing")
        ]

    def test_a_folder_that_cannot_be_read_is_counted(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write_tree(tmp_path, {"main.py": "", "secret/x.py": ""})
        scandir = os.scandir

        def refusing(path: str) -> object:  # permissions do not stop the user that tests often run as
            if os.fspath(path).endswith("secret"):
                raise PermissionError(13, "Permission denied")
            return scandir(path)

        monkeypatch.setattr(os, "scandir", refusing)
        project = find_project([tmp_path])
        assert [(skip.file, skip.reason) for skip in project.skipped] == [
            ("secret", "cannot be read: Permission denied")
        ]

    def test_notebooks_are_counted_named_or_not(self, tmp_path: Path) -> None:
        write_tree(tmp_path, {"main.py": "", "note.ipynb": "{}", "other.ipynb": "{}", "out/third.ipynb": "{}"})
        project = find_project([tmp_path, tmp_path / "note.ipynb"], exclude=["out"])
        assert [(skip.file, skip.reason) for skip in project.skipped] == [
            ("note.ipynb", "a notebook: only .py files are checked"),
            ("other.ipynb", "a notebook: only .py files are checked"),
        ]

    def test_a_script_without_an_ending_is_told_by_its_first_line(self, tmp_path: Path) -> None:
        write_tree(tmp_path, {"serve": "#!/usr/bin/env python3\n", "main.py": ""})
        assert _modules(find_project([tmp_path / "serve"])) == {"serve": "serve"}
        assert _shown(find_project([tmp_path])) == ["main.py"]

    @pytest.mark.parametrize(
        ("pattern", "left"),
        [
            ("tests", ["app/x_pb2.py", "main.py"]),
            ("*_pb2.py", ["app/tests/t.py", "main.py", "tests/t.py"]),
            ("./tests/*", ["app/tests/t.py", "app/x_pb2.py", "main.py"]),
            ("**/tests/**", ["app/x_pb2.py", "main.py"]),
            ("app/**/*.py", ["main.py", "tests/t.py"]),
            ("app/*.py", ["app/tests/t.py", "main.py", "tests/t.py"]),
            ("app/", ["main.py", "tests/t.py"]),
            ("[!m]ain.py", ["app/tests/t.py", "app/x_pb2.py", "main.py", "tests/t.py"]),
            ("?ain.py", ["app/tests/t.py", "app/x_pb2.py", "tests/t.py"]),
        ],
    )
    def test_excluded_files_are_left_out(self, tmp_path: Path, pattern: str, left: list[str]) -> None:
        write_tree(tmp_path, {"main.py": "", "tests/t.py": "", "app/tests/t.py": "", "app/x_pb2.py": ""})
        assert _shown(find_project([tmp_path], exclude=[pattern])) == left

    def test_an_excluded_file_that_is_named_is_counted(self, tmp_path: Path) -> None:
        write_tree(tmp_path, {"gen/x.py": ""})
        project = find_project([tmp_path / "gen" / "x.py"], exclude=["gen/*", "x.py"])
        assert project.files == ()
        assert [skip.reason for skip in project.skipped] == ["excluded by the settings"]


class TestRefusals:
    def test_a_path_that_does_not_exist_names_the_nearest(self, tmp_path: Path) -> None:
        write_tree(tmp_path, {"backend/main.py": ""})
        assert _refusal(tmp_path / "bakend").endswith(f"does not exist; did you mean {str(tmp_path / 'backend')!r}?")
        assert _refusal(tmp_path / "bakend" / "x.py").endswith(f"did you mean {str(tmp_path / 'backend')!r}?")
        assert "nothing in" in _refusal(tmp_path / "qqqqqqqq")
        assert "does not exist" in _refusal(tmp_path / "backend" / "main.py" / "x")
        assert "does not exist" in _refusal(Path("nul\0"))

    def test_a_folder_without_python(self, tmp_path: Path) -> None:
        write_tree(tmp_path, {"docs/readme.md": ""})
        assert "holds no Python file" in _refusal(tmp_path)
        assert "holds no Python file" in _refusal(tmp_path / "docs")

    def test_everything_excluded(self, tmp_path: Path) -> None:
        write_tree(tmp_path, {"main.py": ""})
        assert "check `exclude`" in _refusal(tmp_path, exclude=("*.py",))

    def test_nothing_but_a_notebook(self, tmp_path: Path) -> None:
        write_tree(tmp_path, {"note.ipynb": "{}"})
        assert "a notebook" in _refusal(tmp_path / "note.ipynb")

    def test_a_file_of_another_kind(self, tmp_path: Path) -> None:
        write_tree(tmp_path, {"data.json": "{}"})
        assert "is no Python file" in _refusal(tmp_path / "data.json")

    def test_a_pattern_that_is_none(self, tmp_path: Path) -> None:
        write_tree(tmp_path, {"main.py": ""})
        assert "not a glob pattern" in _refusal(tmp_path, exclude=("[z-a]",))

    def test_source_folders_that_are_none(self, tmp_path: Path) -> None:
        write_tree(tmp_path, {"main.py": "", "backend/x.py": ""})
        assert "did you mean" in _refusal(tmp_path, src=(tmp_path / "bakend",))
        assert "is no folder" in _refusal(tmp_path, src=(tmp_path / "main.py",))

    @given(pattern=st.text("*?[]!-/.ab\\", max_size=8))
    @settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_any_pattern_excludes_or_is_refused(self, tmp_path: Path, pattern: str) -> None:
        write_tree(tmp_path, {"ab/a.py": "", "b.py": ""})
        try:
            project = find_project([tmp_path], exclude=[pattern])
        except ClearwayError:
            return
        assert project.files


class TestRoot:
    @pytest.mark.parametrize("marker", ["pyproject.toml", "clearway.toml", "setup.cfg", "setup.py", ".git"])
    def test_it_is_the_nearest_folder_with_a_projects_file(self, tmp_path: Path, marker: str) -> None:
        write_tree(
            tmp_path, {".git/": "", f"backend/{marker}": "", "backend/app/api/x.py": "", "backend/tests/t.py": ""}
        )
        assert find_project([tmp_path / "backend" / "app" / "api" / "x.py"]).root == tmp_path / "backend"
        both = [tmp_path / "backend" / "app", tmp_path / "backend" / "tests"]
        assert find_project(both).root == tmp_path / "backend"
        assert find_project([tmp_path]).root == tmp_path

    def test_the_working_folder_is_meant_where_no_path_is_given(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write_tree(tmp_path, {"pyproject.toml": "", "app/main.py": ""})
        monkeypatch.chdir(tmp_path / "app")
        project = find_project([])
        assert (project.root, _shown(project)) == (tmp_path, ["app/main.py"])


class TestSourceRoots:
    def test_src_layout_with_tests_beside_it(self, tmp_path: Path) -> None:
        write_tree(
            tmp_path,
            {
                "pyproject.toml": "",
                "src/shop/__init__.py": "",
                "src/shop/main.py": "from shop.db import get",
                "src/shop/db.py": "def get(): ...",
                "tests/conftest.py": "import shop.main",
                "tests/test_db.py": "from shop.db import get",
            },
        )
        project = find_project([tmp_path])
        assert _modules(project)["src/shop/main.py"] == "shop.main"
        assert _modules(project)["src/shop/__init__.py"] == "shop"
        assert _located(project, "tests/test_db.py", "shop.db") == "src/shop/db.py"
        assert [file.shown for file in project.files if file.is_package] == ["src/shop/__init__.py"]

    def test_a_service_in_a_subfolder_without_any_projects_file(self, tmp_path: Path) -> None:
        write_tree(
            tmp_path,
            {
                ".git/": "",
                "backend/app/main.py": "from app.api.routes import router",
                "backend/app/api/routes.py": "from app import db",
                "backend/app/db.py": "",
                "backend/scripts/seed.py": "from app.db import x",
            },
        )
        project = find_project([tmp_path])
        assert _modules(project)["backend/app/main.py"] == "app.main"
        assert _located(project, "backend/scripts/seed.py", "app.db") == "backend/app/db.py"
        assert project.is_namespace("app", tmp_path / "backend")
        assert not project.is_namespace("app.db", tmp_path / "backend")
        assert not project.is_namespace("nothing", tmp_path / "backend")

    def test_two_services_with_a_module_of_the_same_name(self, tmp_path: Path) -> None:
        service = {"__init__.py": "", "main.py": "from app.core import settings", "core.py": "settings = 1"}
        write_tree(tmp_path, {f"services/{name}/app/{file}": text for name in "ab" for file, text in service.items()})
        project = find_project([tmp_path])
        assert sorted(_modules(project).values()).count("app.main") == 2
        for name in "ab":
            importer = f"services/{name}/app/main.py"
            assert _located(project, importer, "app.core") == f"services/{name}/app/core.py"
        assert {root.relative_to(tmp_path).as_posix() for root in project.source_roots} == {"services/a", "services/b"}

    def test_a_monorepo_of_packages_that_import_each_other(self, tmp_path: Path) -> None:
        write_tree(
            tmp_path,
            {
                "pyproject.toml": "",
                "packages/core/pyproject.toml": "",
                "packages/core/src/core/__init__.py": "def run(): ...",
                "packages/api-server/pyproject.toml": "",
                "packages/api-server/src/api/__init__.py": "",
                "packages/api-server/src/api/main.py": "import core\nfrom api.deps import dep",
                "packages/api-server/src/api/deps.py": "from core import run\ndep = 1",
            },
        )
        project = find_project([tmp_path])
        assert _modules(project)["packages/api-server/src/api/main.py"] == "api.main"
        assert _located(project, "packages/api-server/src/api/main.py", "core") == "packages/core/src/core/__init__.py"

    def test_scripts_run_from_their_own_folder(self, tmp_path: Path) -> None:
        write_tree(
            tmp_path,
            {
                "pyproject.toml": "",
                "app/__init__.py": "",
                "app/main.py": "from app.db import get",
                "app/db.py": "def get(): ...",
                "tools/run.py": "from steps import step\nfrom app.db import get",
                "tools/steps.py": "def step(): ...",
            },
        )
        project = find_project([tmp_path])
        assert _modules(project)["tools/steps.py"] == "steps"
        assert _located(project, "tools/run.py", "steps") == "tools/steps.py"
        assert _located(project, "tools/run.py", "app.db") == "app/db.py"

    def test_a_package_run_from_within_is_named_as_its_files_import_it(self, tmp_path: Path) -> None:
        write_tree(
            tmp_path,
            {
                "pyproject.toml": "",
                "app/__init__.py": "",
                "app/main.py": "from database import get_db\nfrom routers import items",
                "app/database.py": "def get_db(): ...",
                "app/routers/__init__.py": "",
                "app/routers/items.py": "from database import get_db",
            },
        )
        project = find_project([tmp_path])
        assert _modules(project)["app/database.py"] == "database"
        assert _located(project, "app/main.py", "routers.items") == "app/routers/items.py"

    @pytest.mark.parametrize(
        "statement", ["import redis", "from redis import Redis", "import redis\nfrom redis import asyncio"]
    )
    def test_a_module_with_a_librarys_name_does_not_stand_in_for_it(self, tmp_path: Path, statement: str) -> None:
        write_tree(
            tmp_path,
            {
                "pyproject.toml": "",
                "app/__init__.py": "",
                "app/main.py": f"{statement}\nfrom app.redis import client",
                "app/redis.py": f"{statement}\nclient = 1",
                "app/logging.py": "",
                "app/log.py": "import logging",
            },
        )
        project = find_project([tmp_path])
        assert project.source_roots == (tmp_path,)
        assert _located(project, "app/main.py", "redis") is None
        assert _located(project, "app/log.py", "logging") is None

    def test_folders_that_no_import_can_name_start_anew_below(self, tmp_path: Path) -> None:
        write_tree(tmp_path, {"pyproject.toml": "", "user-service/handlers/get.py": "", "jobs/run.py": ""})
        assert _modules(find_project([tmp_path])) == {
            "jobs/run.py": "jobs.run",
            "user-service/handlers/get.py": "handlers.get",
        }

    @pytest.mark.parametrize("start", ["app/api", "app/api/items.py", "tests"])
    def test_imports_lead_out_of_the_part_that_is_checked(self, tmp_path: Path, start: str) -> None:
        write_tree(
            tmp_path,
            {
                "backend/pyproject.toml": "",
                "backend/app/__init__.py": "",
                "backend/app/db.py": "",
                "backend/app/api/__init__.py": "",
                "backend/app/api/items.py": "from app.db import get",
                "backend/tests/test_items.py": "from app.api.items import x",
            },
        )
        project = find_project([tmp_path / "backend" / start])
        assert project.root == tmp_path / "backend"
        assert _located(project, project.files[-1].shown, "app.db") == "app/db.py"

    def test_a_package_that_is_named_without_any_projects_file(self, tmp_path: Path) -> None:
        for folder, init in (("regular", {"__init__.py": ""}), ("spaced", {})):
            files = {**init, "main.py": f"from {folder}.core import x", "core.py": "x = 1"}
            write_tree(tmp_path / folder, files)
            project = find_project([tmp_path / folder])
            assert project.root == tmp_path / folder
            assert {file.shown: file.module for file in project.files}["core.py"] == f"{folder}.core"
            assert project.module_file(f"{folder}.core", tmp_path) == tmp_path / folder / "core.py"

    def test_tests_reach_a_src_folder_that_was_not_named(self, tmp_path: Path) -> None:
        write_tree(
            tmp_path,
            {
                "pyproject.toml": "",
                "src/shop/__init__.py": "",
                "src/shop/main.py": "",
                "tests/test_main.py": "from shop.main import app",
            },
        )
        project = find_project([tmp_path / "tests"])
        assert _located(project, "tests/test_main.py", "shop.main") == "src/shop/main.py"

    def test_source_folders_that_are_named_count_alone(self, tmp_path: Path) -> None:
        write_tree(tmp_path, {"lib/a/app/main.py": "from app import x", "lib/a/app/x.py": "", "other/y.py": ""})
        project = find_project([tmp_path], src=[tmp_path / "lib"])
        assert project.source_roots == (tmp_path / "lib",)
        assert _modules(project) == {
            "lib/a/app/main.py": "a.app.main",
            "lib/a/app/x.py": "a.app.x",
            "other/y.py": "other.y",
        }

    def test_the_most_specific_root_comes_first(self, tmp_path: Path) -> None:
        write_tree(tmp_path, {"a/b/pyproject.toml": "", "a/b/x.py": "", "setup.py": "", "pkg/__init__.py": ""})
        assert find_project([tmp_path]).source_roots == (tmp_path / "a" / "b", tmp_path)

    @pytest.mark.parametrize(
        "text",
        [
            "from app.db import (\n    get,\n)",
            "import os, app.db as d",
            "try:\n    import app.db\nexcept E: ...",
            "x = 1; import app.db",
        ],
    )
    def test_imports_of_every_form_are_resolved(self, tmp_path: Path, text: str) -> None:
        write_tree(tmp_path, {"deep/svc/app/db.py": "get = 1", "deep/svc/app/main.py": f"{text}\nimport app.db"})
        project = find_project([tmp_path])
        assert _located(project, "deep/svc/app/main.py", "app.db") == "deep/svc/app/db.py"

    def test_modules_are_found_as_python_finds_them(self, tmp_path: Path) -> None:
        write_tree(tmp_path, {"a/__init__.py": "", "a.py": "", "n/m/x.py": "", "empty/data.txt": "", "stub.pyi": ""})
        project = find_project([tmp_path])
        assert project.module_file("a", tmp_path) == tmp_path / "a" / "__init__.py"
        assert project.module_file("n", tmp_path) is None
        assert project.is_namespace("n.m", tmp_path)
        assert not project.is_namespace("empty", tmp_path)
        assert project.module_file("stub", tmp_path) is None
        for odd in ("", ".", "..a", "a.", "n/m", "é"):
            assert project.module_file(odd, tmp_path) is None

    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["a", "b", "a/b", "b/a", "c/a", "."]),
                st.sampled_from("abc"),
                st.sampled_from(["import a", "from a.b import c", "from b import a", "import c.a", "x = 1"]),
            ),
            min_size=1,
            max_size=8,
        )
    )
    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_any_layout_gives_every_file_a_name_below_its_root(
        self, tmp_path_factory: pytest.TempPathFactory, files: list[tuple[str, str, str]]
    ) -> None:
        folder = tmp_path_factory.mktemp("any")
        for place, name, text in files:
            write_tree(
                folder,
                {f"{place}/{name}.py": text, f"{place}/__init__.py": ""} if place != "." else {f"{name}.py": text},
            )
        project = find_project([folder])
        for file in project.files:
            assert file.source_root in project.source_roots
            parts = file.module.split(".") if file.module else []
            expected = file.source_root.joinpath(*parts, *(["__init__"] if file.is_package else [])).with_suffix(".py")
            assert expected == file.path
