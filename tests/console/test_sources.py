"""Source lines: of places that stalls and plans name, and of nothing else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from clearway.console.hub import Hub
from clearway.console.sources import LONGEST_LINE, NoSource, source
from clearway.console.state import State
from tests.console.told import Told, Worker, stall


@pytest.fixture
def hub() -> Hub:
    return Hub(Told())


def after_stall(file: Path | str, line: int = 1) -> State:
    hub = Hub(Told())
    Worker(hub, 1).stall(line, str(file))
    return hub.state


def table(file: str, line: int) -> dict[str, Any]:
    place = {"file": file, "line": line}
    return {"routes": [{"file": None, "line": None, "dependencies": [place]}], "stalls": {"latest": [], "culprits": []}}


def test_a_plan_names_places(hub: Hub, tmp_path: Path) -> None:
    file = tmp_path / "main.py"
    file.write_text("import os\n\ndef user():\n    return 1\n")
    Worker(hub, 1).tell(table=table(str(file), 3))
    assert source(hub.state, str(file), 3).lines == ["import os", "", "def user():", "    return 1"]


def test_culprits_of_a_table_name_places(hub: Hub, tmp_path: Path) -> None:
    file = tmp_path / "main.py"
    file.write_text("1\n")
    told = {"routes": [], "stalls": {"latest": [], "culprits": [{"last": stall(1, str(file))}]}}
    Worker(hub, 1).tell(table=told)
    assert source(hub.state, str(file), 1).lines == ["1"]


def test_what_nobody_named_is_not_read(tmp_path: Path) -> None:
    named, other = tmp_path / "named.py", tmp_path / "other.py"
    named.write_text("1\n")
    other.write_text("secret\n")
    state = after_stall(named)
    for file in (str(other), f"{named.parent}/x/../other.py", f"{named.parent}/./named.py", "", "other.py"):
        with pytest.raises(NoSource, match="named"):
            source(state, file, 1)


@pytest.mark.parametrize(
    "name", ["secret.txt", "/etc/passwd", "<string>", "<frozen os>", "folder.py", "no.py", "\0.py"]
)
def test_a_name_that_is_no_python_file(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "folder.py").mkdir()
    file = os.path.join(tmp_path, name)
    with pytest.raises(NoSource):
        source(after_stall(file), file, 1)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    with pytest.raises(NoSource):
        source(after_stall(tmp_path / "pipe.py"), str(tmp_path / "pipe.py"), 1)


def test_coding_and_odd_bytes(tmp_path: Path) -> None:
    file = tmp_path / "main.py"
    file.write_bytes("# coding: latin-1\ntext = 'é'\n".encode("latin-1"))
    assert source(after_stall(file), str(file), 1).lines[1] == "text = 'é'"
    for content in (b"# coding: nonsense\n", b"\xff\xfe\n"):
        file.write_bytes(content)
        with pytest.raises(NoSource, match="cannot be read"):
            source(after_stall(file), str(file), 1)


def test_a_file_that_has_become_shorter(tmp_path: Path) -> None:
    file = tmp_path / "main.py"
    file.write_text("1\n")
    with pytest.raises(NoSource, match="fewer lines"):
        source(after_stall(file, 500), str(file), 500)


def test_long_lines_are_cut(tmp_path: Path) -> None:
    file = tmp_path / "main.py"
    file.write_text("x" * 10_000)
    assert source(after_stall(file), str(file), 1).lines == ["x" * LONGEST_LINE]
