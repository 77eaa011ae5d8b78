"""A file is replaced in one step and keeps what its text does not say."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from clearway.check.fix import read, write


@pytest.mark.parametrize(
    "content",
    [
        b"x = 1\n",
        b"",
        b"x = 1",
        b"x = 1\r\ny = 2\r\n",
        b"x = 1\r\ny = 2\n",
        b"x = 1\ry = 2\r",
        b"\xef\xbb\xbfx = '\xc3\xa9'\n",
        b"# coding: latin-1\nx = '\xe9'\n",
        b"#!/usr/bin/python\r\n# -*- coding: cp1252 -*-\r\nx = '\x80'\r\n",
    ],
)
def test_what_is_read_is_written_back_the_same(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "app.py"
    path.write_bytes(content)
    write(path, read(path))
    assert path.read_bytes() == content
    assert [each.name for each in tmp_path.iterdir()] == ["app.py"]


def test_line_ends_that_were_translated_come_back(tmp_path: Path) -> None:
    path = tmp_path / "app.py"
    path.write_bytes(b"\xef\xbb\xbfx = 1\r\ny = 2\r\n")
    write(path, path.read_text(encoding="utf-8") + "z = 3\n")
    assert path.read_bytes() == b"\xef\xbb\xbfx = 1\r\ny = 2\r\nz = 3\r\n"


def test_permissions_stay(tmp_path: Path) -> None:
    path = tmp_path / "app.py"
    path.write_text("x = 1\n")
    path.chmod(0o754)
    write(path, "x = 2\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o754
    assert path.read_text() == "x = 2\n"


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    path, link = tmp_path / "app.py", tmp_path / "link.py"
    path.write_text("x = 1\n")
    link.symlink_to("app.py")
    write(link, "x = 2\n")
    assert link.is_symlink()
    assert path.read_text() == "x = 2\n"


def test_a_failure_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "app.py"
    path.write_bytes(b"# coding: ascii\n")
    with pytest.raises(UnicodeEncodeError):
        write(path, "# coding: ascii\nx = 'é'\n")

    def refused(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refused)
    with pytest.raises(OSError, match="No space left"):
        write(path, "# coding: ascii\nx = 1\n")
    assert path.read_bytes() == b"# coding: ascii\n"
    assert [each.name for each in tmp_path.iterdir()] == ["app.py"]


def test_a_file_that_must_not_be_written_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "app.py"
    path.write_text("x = 1\n")
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everything
    with pytest.raises(PermissionError):
        write(path, "x = 2\n")
    assert path.read_text() == "x = 1\n"


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write(tmp_path / "app.py", "x = 1\n")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_encoding_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "app.py"
    path.write_bytes(b"# coding: none-such\n")
    with pytest.raises(SyntaxError):
        read(path)
