"""The packages of a project are found by reading; nothing of them runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from clearway.check.environment import Distribution, Environment, find_environment
from clearway.model import ClearwayError
from tests.check.trees import write_tree

VERSION = f"python{sys.version_info[0]}.{sys.version_info[1]}"


@pytest.fixture(autouse=True)
def _no_environment_is_active(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    monkeypatch.delenv("CONDA_PREFIX", raising=False)


def _make_environment(
    folder: Path, packages: dict[str, str] | None = None, config: str = "", version: str = VERSION
) -> Path:
    """The files of a virtual environment whose base is this interpreter's."""
    home = Path(sys.base_prefix) / "bin"
    site = folder / "lib" / version / "site-packages"
    write_tree(folder, {"pyvenv.cfg": config or f"home = {home}\ninclude-system-site-packages = false\n", "bin/": ""})
    write_tree(site, {"pip/__init__.py": "", **(packages or {})})
    (folder / "bin" / "python").symlink_to(sys.executable)
    return site


def _refusal(python: str | Path, root: Path) -> str:
    with pytest.raises(ClearwayError) as caught:
        find_environment(root, str(python))
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("--python ")
    return str(caught.value)


class TestLooking:
    @pytest.mark.parametrize("name", [".venv", "venv", "env"])
    def test_the_projects_own_environment(self, tmp_path: Path, name: str) -> None:
        site = _make_environment(tmp_path / name)
        environment = find_environment(tmp_path)
        assert environment.site_packages == (site,)
        assert environment.executable == tmp_path / name / "bin" / "python"
        assert environment.warnings == ()

    def test_that_of_the_repository_around_the_project(self, tmp_path: Path) -> None:
        site = _make_environment(tmp_path / ".venv")
        write_tree(tmp_path, {".git/": "", "backend/pyproject.toml": ""})
        assert find_environment(tmp_path / "backend").site_packages == (site,)

    def test_nothing_above_a_project_that_lies_in_no_repository(self, tmp_path: Path) -> None:
        _make_environment(tmp_path / ".venv")
        write_tree(tmp_path, {"backend/pyproject.toml": ""})
        assert find_environment(tmp_path / "backend").executable == Path(sys.executable)

    def test_those_of_all_nested_projects_together(self, tmp_path: Path) -> None:
        sites = tuple(_make_environment(tmp_path / name / ".venv") for name in ("api", "worker"))
        write_tree(tmp_path, {"api/pyproject.toml": "", "worker/pyproject.toml": ""})
        _make_environment(tmp_path / "no_project" / ".venv")
        assert find_environment(tmp_path).site_packages == sites

    @pytest.mark.parametrize("variable", ["VIRTUAL_ENV", "CONDA_PREFIX"])
    def test_the_active_environment_where_the_project_has_none(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
    ) -> None:
        site = _make_environment(tmp_path / "active")
        monkeypatch.setenv(variable, str(tmp_path / "active"))
        write_tree(tmp_path, {"project/": ""})
        assert find_environment(tmp_path / "project").site_packages == (site,)
        own = _make_environment(tmp_path / "project" / ".venv")
        assert find_environment(tmp_path / "project").site_packages == (own,)

    def test_clearways_own_where_there_is_none(self, tmp_path: Path) -> None:
        environment = find_environment(tmp_path)
        assert environment.executable == Path(sys.executable)
        assert environment.module("hypothesis") is not None

    def test_a_broken_environment_is_passed_over_with_a_warning(self, tmp_path: Path) -> None:
        write_tree(tmp_path, {".venv/pyvenv.cfg": "home = /usr/bin\n"})
        site = _make_environment(tmp_path / "venv")
        environment = find_environment(tmp_path)
        assert environment.site_packages == (site,)
        assert len(environment.warnings) == 1
        assert "an environment without site-packages" in environment.warnings[0]

    def test_an_environment_whose_python_is_gone_is_read_with_a_warning(self, tmp_path: Path) -> None:
        site = _make_environment(tmp_path / ".venv", config="home = /gone/bin\n", version="python3.14")
        environment = find_environment(tmp_path)
        assert environment.site_packages == (site,)
        assert "its Python in /gone/bin is gone" in environment.warnings[0]


class TestGiven:
    def test_the_folder_of_an_environment(self, tmp_path: Path) -> None:
        site = _make_environment(tmp_path / "some")
        assert find_environment(tmp_path, str(tmp_path / "some")).site_packages == (site,)

    def test_the_executable_of_an_environment(self, tmp_path: Path) -> None:
        site = _make_environment(tmp_path / "some")
        environment = find_environment(tmp_path, str(tmp_path / "some" / "bin" / "python"))
        assert (environment.executable, environment.site_packages) == (tmp_path / "some" / "bin" / "python", (site,))

    def test_an_interpreter_is_asked_without_running_site_or_user_code(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write_tree(tmp_path, {"sitecustomize.py": "raise SystemExit(9)", "json.py": "raise SystemExit(9)"})
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        monkeypatch.chdir(tmp_path)
        base = Path(sys.base_prefix) / "bin" / VERSION
        if not base.exists():
            pytest.skip(f"the interpreter behind this environment is not at {base}")
        environment = find_environment(tmp_path, str(base))
        assert environment.executable == base
        assert environment.site_packages

    def test_a_command_on_the_path(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        site = _make_environment(tmp_path / "some")
        monkeypatch.setenv("PATH", str(tmp_path / "some" / "bin"))
        assert find_environment(tmp_path, "python").site_packages == (site,)

    def test_what_is_no_interpreter_is_refused(self, tmp_path: Path) -> None:
        write_tree(
            tmp_path,
            {"notes.txt": "", "folder/": "", "script": "#!/bin/sh\necho hello\n", "failing": "#!/bin/sh\nexit 3\n"},
        )
        for name in ("script", "failing"):
            (tmp_path / name).chmod(0o755)
            assert "does not answer as a Python 3 interpreter" in _refusal(tmp_path / name, tmp_path)
        assert "there is no such interpreter" in _refusal(tmp_path / "gone", tmp_path)
        assert "there is no such interpreter" in _refusal("no-such-python", tmp_path)
        assert "cannot be executed" in _refusal(tmp_path / "notes.txt", tmp_path)
        assert "no virtual environment" in _refusal(tmp_path / "folder", tmp_path)
        assert "no interpreter is named" in _refusal("", tmp_path)
        assert "no interpreter is named" in _refusal("nul\0", tmp_path)

    def test_what_cannot_be_run_is_refused(self, tmp_path: Path) -> None:
        write_tree(tmp_path, {"python": "\x7fELF no program"})
        (tmp_path / "python").chmod(0o755)
        assert "cannot be run" in _refusal(tmp_path / "python", tmp_path)

    def test_an_interpreter_that_never_answers_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def late(command: list[str], **options: object) -> object:
            raise subprocess.TimeoutExpired(command, 10)

        monkeypatch.setattr(subprocess, "run", late)
        write_tree(tmp_path, {"python": ""})
        (tmp_path / "python").chmod(0o755)
        assert "gave no answer within 10 s" in _refusal(tmp_path / "python", tmp_path)

    def test_a_broken_environment_is_refused(self, tmp_path: Path) -> None:
        _make_environment(tmp_path / "homeless", config="home = /gone/bin\n")
        assert "its Python in /gone/bin is gone" in _refusal(tmp_path / "homeless", tmp_path)
        write_tree(tmp_path, {"empty/pyvenv.cfg": "home = /usr/bin\n"})
        assert "without site-packages" in _refusal(tmp_path / "empty", tmp_path)


class TestLayouts:
    def test_the_windows_layout(self, tmp_path: Path) -> None:
        write_tree(tmp_path, {"pyvenv.cfg": "", "Lib/site-packages/pkg/__init__.py": "", "Scripts/python.exe": ""})
        environment = find_environment(tmp_path, str(tmp_path))
        assert environment.module("pkg") == tmp_path / "Lib" / "site-packages" / "pkg" / "__init__.py"
        assert environment.executable == tmp_path / "Scripts" / "python.exe"

    def test_lib64_that_is_a_link_counts_once(self, tmp_path: Path) -> None:
        site = _make_environment(tmp_path)
        (tmp_path / "lib64").symlink_to("lib")
        assert find_environment(tmp_path, str(tmp_path)).site_packages == (site,)

    def test_packages_of_the_base_where_the_environment_includes_them(self, tmp_path: Path) -> None:
        write_tree(tmp_path, {"base/bin/": "", f"base/lib/{VERSION}/site-packages/old/__init__.py": ""})
        config = f"home = {tmp_path / 'base' / 'bin'}\ninclude-system-site-packages = True\n"
        site = _make_environment(tmp_path / ".venv", config=config)
        base = tmp_path / "base" / "lib" / VERSION / "site-packages"
        environment = find_environment(tmp_path)
        assert environment.site_packages == (site, base)
        assert environment.module("old") == base / "old" / "__init__.py"


class TestModules:
    def _environment(self, tmp_path: Path, packages: dict[str, str]) -> tuple[Environment, Path]:
        site = _make_environment(tmp_path / ".venv", packages)
        return find_environment(tmp_path), site

    def test_packages_modules_stubs_and_namespaces(self, tmp_path: Path) -> None:
        files = {
            "a/__init__.py": "",
            "a/b.py": "",
            "a/b.pyi": "",
            "a/native.pyi": "",
            "google/cloud/storage/__init__.py": "",
            "single.py": "",
        }
        environment, site = self._environment(tmp_path, files)
        for name, file in (
            ("a", "a/__init__.py"),
            ("a.b", "a/b.py"),
            ("a.native", "a/native.pyi"),
            ("google.cloud.storage", "google/cloud/storage/__init__.py"),
            ("single", "single.py"),
        ):
            assert environment.module(name) == site / file
        for name in ("google", "a.c", "missing", "", ".", "a..b", "../a", "a/b", "nul\0"):
            assert environment.module(name) is None

    def test_folders_of_path_files_are_followed_and_their_imports_never_run(self, tmp_path: Path) -> None:
        write_tree(tmp_path, {"src/shop/__init__.py": ""})
        marker = tmp_path / "ran"
        files = {
            "shop.pth": f"# comment\n\n{tmp_path / 'src'}\n/gone/folder\n",
            "evil.pth": f"import os; os.mkdir({str(marker)!r})\n",
        }
        environment, site = self._environment(tmp_path, files)
        assert environment.site_packages == (site, tmp_path / "src")
        assert environment.module("shop") == tmp_path / "src" / "shop" / "__init__.py"
        assert not marker.exists()

    def test_editable_installs_that_map_names(self, tmp_path: Path) -> None:
        write_tree(
            tmp_path, {"code/shop/__init__.py": "", "code/shop/db.py": "", "code/one.py": "", "hatch/api/x.py": ""}
        )
        mapping = {"shop": str(tmp_path / "code" / "shop"), "one": str(tmp_path / "code" / "one.py")}
        files = {
            "__editable__.shop-1.0.pth": "import __editable___shop_1_finder; __editable___shop_1_finder.install()\n",
            "__editable___shop_1_finder.py": f"raise SystemExit\nMAPPING: dict[str, str] = {mapping!r}\n",
            "_api.pth": "import _editable_impl_api\n",
            "_editable_impl_api.py": f"F.map_module('api', {str(tmp_path / 'hatch' / 'api')!r})\n",
            "__editable__.bad-1.pth": "import __editable___bad_1_finder\n",
            "__editable___bad_1_finder.py": "MAPPING = {'x': open('y')}\nMAPPING = [\n",
        }
        environment, _ = self._environment(tmp_path, files)
        assert environment.module("shop") == tmp_path / "code" / "shop" / "__init__.py"
        assert environment.module("shop.db") == tmp_path / "code" / "shop" / "db.py"
        assert environment.module("one") == tmp_path / "code" / "one.py"
        assert environment.module("api.x") == tmp_path / "hatch" / "api" / "x.py"
        assert environment.module("x") is None

    def test_the_distribution_that_installed_a_file(self, tmp_path: Path) -> None:
        files = {
            "shop/__init__.py": "",
            "shop/odd, name.py": "",
            "shop/later.py": "",
            "my_shop-1.2.dist-info/METADATA": "Metadata-Version: 2.1\nName: My-Shop\nVersion: 1.2.post1\n\nName: no\n",
            "my_shop-1.2.dist-info/RECORD": 'shop/__init__.py,sha256=x,1\n"shop/odd, name.py",,\n../../../bin/x.py,,\n',
            "bare-3.dist-info/RECORD": "bare.py,,\n",
            "damaged-1.dist-info/RECORD": '\0\xff,"\n',
        }
        environment, site = self._environment(tmp_path, files)
        shop = Distribution("My-Shop", "1.2.post1")
        assert environment.distribution(site / "shop" / "__init__.py") == shop
        assert environment.distribution(site / "shop" / "odd, name.py") == shop
        assert environment.distribution(site / "bare.py") == Distribution("bare", "3")
        assert environment.distribution(site / "shop" / "later.py") is None
        assert environment.distribution(tmp_path / "main.py") is None

    def test_clearways_own_packages_are_known_by_their_distributions(self) -> None:
        environment = find_environment(Path(os.sep))
        file = environment.module("hypothesis.strategies")
        assert file is not None
        owner = environment.distribution(file)
        assert owner is not None
        assert owner.name == "hypothesis"
