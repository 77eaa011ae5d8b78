"""The patch that `--diff` shows is one that patch programs take."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearway.check.fix import unified_diff

TEXTS = st.lists(st.sampled_from(["a", "b", "\f", "é", "\r\n", "\n", "\n", "\n", "\r", "\x1c"]), max_size=30).map(
    "".join
)


def test_a_change_is_shown_with_its_lines() -> None:
    assert unified_diff("app/main.py", "a\nb\nc\n", "a\nB\nc\n") == (
        "--- a/app/main.py\n+++ b/app/main.py\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"
    )


def test_a_missing_end_of_line_is_said() -> None:
    assert unified_diff("x.py", "a", "a\n") == (
        "--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n"
    )


def test_no_change_is_no_diff() -> None:
    assert unified_diff("x.py", "a", "a") == ""


def _patched(before: str, after: str) -> str:
    """What the diff itself makes of the text before."""
    lines = [f"{line}\n" for line in before.split("\n")]
    lines[-1] = lines[-1][:-1]
    result: list[str] = []
    at = 0
    previous = ""
    for line in unified_diff("x", before, after).split("\n")[2:-1]:
        if line.startswith("@@"):
            start, _, count = line.split()[1][1:].partition(",")
            first = int(start) - (count != "0")
            result += lines[at:first]
            at = first
        elif line.startswith("\\"):
            if previous in "+ ":
                result[-1] = result[-1].removesuffix("\n")
        elif line[0] in " -":
            if line[0] == " ":
                result.append(line[1:] + "\n")
            at += 1
        else:
            result.append(line[1:] + "\n")
        previous = line[0]
    return "".join(result + lines[at:])


@given(TEXTS, TEXTS)
def test_the_diff_holds_the_whole_change(before: str, after: str) -> None:
    assert _patched(before, after) == after


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_git_applies_it(tmp_path: Path) -> None:
    before, after = "a\r\n\fb\r\nc", "a\r\n\fB\r\nc\r\nd"
    (tmp_path / "x.py").write_bytes(before.encode())
    diff = unified_diff("x.py", before, after).encode()
    alone = {**os.environ, "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}
    subprocess.run(
        ["git", "apply", "-"],
        input=diff,
        cwd=tmp_path,
        check=True,
        env=alone,
    )
    assert (tmp_path / "x.py").read_bytes() == after.encode()
