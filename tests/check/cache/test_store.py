"""Entries are written whole, bounded, and never stand in a check's way."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import pytest

from clearway.check.cache import store
from clearway.check.cache.store import CacheError, Store, cache_folder


def test_what_was_written_is_read(tmp_path: Path) -> None:
    entries = Store(tmp_path / "deep" / "cache")
    assert entries.read("a") is None
    entries.write("a", b"one")
    entries.write("a", b"two")
    assert entries.read("a") == b"two"
    assert os.listdir(entries.folder) == ["a"]


def test_the_longest_unused_go_first(tmp_path: Path) -> None:
    entries = Store(tmp_path, most_bytes=25)
    for age, name in enumerate("abc"):
        entries.write(name, b"x" * 8)
        os.utime(tmp_path / name, ns=(age, age))
    assert entries.read("a") is not None  # used now
    entries.write("d", b"x" * 8)
    assert sorted(os.listdir(tmp_path)) == ["a", "c", "d"]


def test_an_entry_larger_than_the_cache_is_kept_alone(tmp_path: Path) -> None:
    entries = Store(tmp_path, most_bytes=10)
    entries.write("small", b"x")
    entries.write("large", b"x" * 20)
    assert os.listdir(tmp_path) == ["large"]


def test_what_a_killed_process_left_behind_goes_too(tmp_path: Path) -> None:
    (tmp_path / ".abc.part").write_bytes(b"x" * 50)
    os.utime(tmp_path / ".abc.part", ns=(1, 1))
    Store(tmp_path, most_bytes=40).write("a", b"x")
    assert os.listdir(tmp_path) == ["a"]


def test_several_writers_leave_one_whole_entry(tmp_path: Path) -> None:
    contents = [bytes([number]) * 100_000 for number in range(8)]
    threads = [threading.Thread(target=Store(tmp_path).write, args=("a", data)) for data in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Store(tmp_path).read("a") in contents
    assert os.listdir(tmp_path) == ["a"]


def test_a_place_that_cannot_be_written_is_named_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CacheError, match=r"file/cache.*CLEARWAY_CACHE_DIR.*--no-cache"):
        Store(tmp_path / "file" / "cache").write("a", b"")


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="where Linux keeps caches")
def test_the_folder_is_where_the_system_keeps_caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (store.VARIABLE, "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "clearway"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_folder() == tmp_path / ".cache" / "clearway"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "clearway"
    monkeypatch.setenv(store.VARIABLE, str(tmp_path / "own"))
    assert cache_folder() == tmp_path / "own"


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("darwin", {"HOME": "/home/me"}, "/home/me/Library/Caches/clearway"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/clearway/Cache"),
        ("win32", {}, None),
    ],
)
def test_other_systems_keep_caches_elsewhere(
    platform: str, variables: dict[str, str], expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (store.VARIABLE, "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert cache_folder() == (None if expected is None else Path(expected))
