"""What `clearway run APP` takes APP for."""

from __future__ import annotations

from pathlib import Path

import pytest

from clearway.cli.target import USUAL_FILES, find_target
from clearway.model import ClearwayError


def make(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")


def test_import_string(tmp_path: Path) -> None:
    target = find_target("package.module:sub.app", tmp_path)
    assert (target.module, target.attribute) == ("package.module", "sub.app")
    assert target.root == tmp_path.resolve()


def test_module_without_attribute(tmp_path: Path) -> None:
    make(tmp_path, "service.py")
    target = find_target("service", tmp_path)
    assert (target.module, target.attribute) == ("service", None)


@pytest.mark.parametrize("given", ["code/app.py", "code/app.py:api"])
def test_file_outside_a_package_is_a_top_module(tmp_path: Path, given: str) -> None:
    make(tmp_path, "code/app.py")
    target = find_target(given, tmp_path)
    assert (target.module, target.root) == ("app", (tmp_path / "code").resolve())
    assert target.attribute == ("api" if ":" in given else None)


def test_file_in_a_package_gets_its_full_name(tmp_path: Path) -> None:
    make(tmp_path, "src/shop/__init__.py", "src/shop/web/__init__.py", "src/shop/web/app.py")
    target = find_target("src/shop/web/app.py", tmp_path)
    assert (target.module, target.root) == ("shop.web.app", (tmp_path / "src").resolve())


def test_package_file_is_the_package(tmp_path: Path) -> None:
    make(tmp_path, "shop/__init__.py")
    assert find_target("shop/__init__.py", tmp_path).module == "shop"


def test_folder_is_searched(tmp_path: Path) -> None:
    make(tmp_path, "shop/main.py")
    assert find_target("shop/", tmp_path).file == (tmp_path / "shop/main.py").resolve()
    assert find_target("shop", tmp_path).file == (tmp_path / "shop/main.py").resolve()


@pytest.mark.parametrize("name", USUAL_FILES)
def test_usual_file_is_discovered(tmp_path: Path, name: str) -> None:
    make(tmp_path, name)
    assert find_target(None, tmp_path).file == (tmp_path / name).resolve()


def test_first_usual_file_wins(tmp_path: Path) -> None:
    make(tmp_path, *USUAL_FILES)
    assert find_target(None, tmp_path).module == "main"


def test_nothing_to_discover(tmp_path: Path) -> None:
    with pytest.raises(ClearwayError, match=r"no app in .*main\.py"):
        find_target(None, tmp_path)


def test_file_that_no_import_can_name(tmp_path: Path) -> None:
    make(tmp_path, "app.v2.py")
    with pytest.raises(ClearwayError, match="rename it"):
        find_target("app.v2.py", tmp_path)
