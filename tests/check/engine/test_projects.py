"""How projects lie on disk: several services, nested roots, links, odd names, foreign settings, very many files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from clearway.check.engine import Span
from clearway.check.engine.pyrefly import Pyrefly
from clearway.check.project import Project
from tests.check.engine.conftest import Asked, project_of, source_file

Ask = Callable[..., Asked]

CALL = "def f():\n    pass\n\n\nf()\n"
"""A file with a call of its own function in line 5."""
CALLED = Span(5, 0, 5, 3)


def test_two_services_with_the_same_module_names_each_get_their_own_functions(ask: Ask) -> None:
    main = """
        from app.data import load
        from .data import load as again
        from shared import log

        load(1)
        again(2)
        log()
    """
    asked = ask(
        {
            "one/app/__init__.py": "",
            "one/app/main.py": main,
            "one/app/data.py": "def load(x):\n    pass\n",
            "two/app/__init__.py": "",
            "two/app/main.py": main,
            "two/app/data.py": "x = 1\n\n\ndef load(x):\n    pass\n",
            "lib/shared.py": "def log():\n    pass\n",
        },
        roots=["one", "two", "lib"],
    )
    for service in ("one", "two"):
        for call in ("load(1)", "again(2)"):
            assert asked.calls(f"{service}/app/main.py", call) == {f"{service}/app/data.py:load"}
        assert asked.calls(f"{service}/app/main.py", "log()") == {"lib/shared.py:log"}
    assert asked.graph.unanswered == ()


def test_a_service_is_not_given_a_module_that_its_own_package_hides(ask: Ask) -> None:
    asked = ask(
        {
            "one/app/__init__.py": "",
            "one/app/extra.py": "def only_in_one():\n    pass\n",
            "two/app/__init__.py": "",
            "two/app/main.py": "from app.extra import only_in_one\n\nonly_in_one()\n",
        },
        roots=["one", "two"],
    )
    assert asked.calls("two/app/main.py", "only_in_one()") == set()


def test_a_shared_class_answers_with_the_overrides_of_both_services_but_each_service_with_its_own(ask: Ask) -> None:
    subclass = """
        from base import Job

        class Own(Job):
            def run(self):
                pass

        def go(job: Job):
            job.run()
    """
    asked = ask(
        {
            "one/app.py": subclass,
            "one/main.py": "import app\n",
            "two/app.py": subclass,
            "two/main.py": "import app\n",
            "lib/base.py": "class Job:\n    def run(self):\n        pass\n\n\ndef start(job: Job):\n    job.run()\n",
        },
        roots=["one", "two", "lib"],
    )
    own = {"one/app.py:Own.run", "two/app.py:Own.run"}
    assert asked.calls("lib/base.py", "job.run()") == {"lib/base.py:Job.run", *own}
    assert asked.calls("one/app.py", "job.run()") == {"lib/base.py:Job.run", "one/app.py:Own.run"}
    assert asked.calls("two/app.py", "job.run()") == {"lib/base.py:Job.run", "two/app.py:Own.run"}


def test_a_root_within_a_root_is_one_file_under_both_names(ask: Ask) -> None:
    asked = ask(
        {
            "backend/__init__.py": "",
            "backend/app/__init__.py": "",
            "backend/app/data.py": "class Job:\n    def run(self):\n        pass\n",
            "backend/app/main.py": (
                "from app.data import Job\nfrom backend.app import data\n\n\n"
                "class Own(data.Job):\n    def run(self):\n        pass\n\n\n"
                "def go(job: Job):\n    job.run()\n\n\ndata.Job()\n"
            ),
        },
        roots=["backend", "."],
    )
    assert asked.calls("backend/app/main.py", "job.run()") == {
        "backend/app/data.py:Job.run",
        "backend/app/main.py:Own.run",
    }
    assert asked.constructs("backend/app/main.py", "data.Job()\n".strip()) == {"app.data.Job"}


def test_folders_without_init_are_packages(ask: Ask) -> None:
    asked = ask({"app/core/data.py": CALL, "app/main.py": "from app.core import data\n\ndata.f()\n"})
    assert asked.calls("app/main.py", "data.f()") == {"app/core/data.py:f"}


ODD_FOLDERS = [
    *(
        "node_modules/svc",
        ".venv/svc",
        ".hidden",
        "venv",
        "site-packages/svc",
        "build",
        "a[1]b",
        "q?*",
        "é ü",
        'w"o\\te',
    ),
]


def test_a_project_in_a_folder_that_is_left_out_elsewhere_is_answered(ask: Ask) -> None:
    sources = {}
    for number, folder in enumerate(ODD_FOLDERS):
        sources[f"{folder}/package{number}/data.py"] = CALL
        sources[f"{folder}/main{number}.py"] = f"from package{number}.data import f\n\nf()\n"
    asked = ask(sources, roots=ODD_FOLDERS)
    for number, folder in enumerate(ODD_FOLDERS):
        assert asked.calls(f"{folder}/main{number}.py", "\n«f()»") == {f"{folder}/package{number}/data.py:f"}


ODD_NAMES = [
    *("with-dash.py", "1st.py", "class.py", "colon:x.py", "a.b.py", "new\nline.py", "x" * 200 + ".py", "ä.py"),
]


def test_a_file_with_an_odd_name_is_answered_or_counted_and_loses_nobody(tmp_path: Path) -> None:
    project = project_of(tmp_path, dict.fromkeys([*ODD_NAMES, "gone.py", "odd\udcff.py"], CALL))
    (tmp_path / "gone.py").unlink()
    pending = Pyrefly().start(project, tmp_path)
    graph = pending.wait()
    assert {path.name for path in graph.unanswered} == {"gone.py", "odd\udcff.py"}
    for name in ODD_NAMES:
        assert [target.path.name for target in graph.calls(tmp_path / name, CALLED)] == [name]
    pending.cancel()


def test_a_linked_folder_answers_under_the_paths_of_the_project(tmp_path: Path) -> None:
    project_of(tmp_path / "real", {"app/data.py": CALL, "app/main.py": "from app.data import f\n\nf()\n"})
    linked = tmp_path / "linked"
    linked.symlink_to(tmp_path / "real")
    (tmp_path / "real/round").symlink_to(tmp_path / "real")
    files = tuple(source_file(linked / name, linked, [linked]) for name in ("app/data.py", "app/main.py"))
    # The root is given by its real path: imports come out under another name than the project's.
    project = Project(linked, (tmp_path / "real",), files, ())
    pending = Pyrefly().start(project, tmp_path)
    [target] = pending.wait().calls(linked / "app/main.py", Span(3, 0, 3, 3))
    assert target.path == linked / "app/data.py"
    pending.cancel()


def test_the_projects_own_settings_and_the_users_environment_change_nothing(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYREFLY_CONFIG", "/nowhere/pyrefly.toml")
    monkeypatch.setenv("PYREFLY_PYTHON_VERSION", "2.7")
    asked = ask(
        {
            "pyproject.toml": '[tool.pyrefly]\nproject-excludes = ["**"]\n[tool.mypy]\nfollow_imports = "skip"\n',
            "pyrefly.toml": 'replace-imports-with-any = ["data"]\n',
            "mypy.ini": "[mypy]\nignore_errors = True\n",
            ".gitignore": "*\n",
            ".git/HEAD": "ref: refs/heads/main\n",
            "data.py": CALL,
            "main.py": "# pyrefly: ignore-errors\nimport data\n\n\ndef untyped(x):\n    data.f()\n",
        }
    )
    assert asked.calls("main.py", "data.f()") == {"data.py:f"}


def test_installed_packages_are_not_read(ask: Ask) -> None:
    asked = ask({"main.py": "import fastapi\n\nfastapi.FastAPI().openapi()\n"})
    assert asked.calls("main.py", "fastapi.FastAPI().openapi()") == set()


@pytest.mark.slow
def test_thousands_of_files_fit(tmp_path: Path) -> None:
    root = tmp_path / ("a_folder_with_a_long_name_" * 6)
    names = [f"package_{number // 100}/module_{number}.py" for number in range(3000)]
    project = project_of(root, dict.fromkeys(names, CALL))
    pending = Pyrefly().start(project, tmp_path)
    graph = pending.wait()
    assert graph.unanswered == ()
    assert all(graph.calls(file.path, CALLED)[0].path == file.path for file in project.files)
    pending.cancel()


def test_a_project_without_files_is_an_empty_graph(tmp_path: Path) -> None:
    pending = Pyrefly().start(Project(tmp_path, (tmp_path,), (), ()), tmp_path)
    graph = pending.wait()
    assert graph.unanswered == ()
    assert list(graph.calls(tmp_path / "main.py", CALLED)) == []
    pending.cancel()
