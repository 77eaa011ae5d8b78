"""The ratchet: what is known stays quiet, what is new does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearway.check.baseline import SCHEMA, Baseline, BaselineError
from clearway.check.fingerprint import fingerprinted
from clearway.check.report.selection import select
from tests.check.report.made import CHAIN, CODES, SLEEP, finding, link, result

MOVED = tuple(link(hop.function, hop.line + 40, hop.calls) for hop in CHAIN)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    baseline = Baseline.of(fingerprinted([finding(), finding(sink=SLEEP), finding(rule="CW201", root=None, sink=None)]))
    baseline.dump(file)
    assert Baseline.load(file) == baseline


def test_the_file_reads_well_in_a_review(tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    Baseline.of(fingerprinted([finding(root="b:b"), finding(root="a:a")])).dump(file)
    entries = json.loads(file.read_text())["findings"]
    assert [entry["root"] for entry in entries] == ["a:a", "b:b"]
    assert entries[0].keys() == {"fingerprint", "rule", "root", "sink", "file"}


def test_known_findings_stay_known_when_their_lines_move(tmp_path: Path) -> None:
    baseline = Baseline.of(fingerprinted([finding()]))
    found = select(result(tmp_path, finding(chain=MOVED)), CODES, baseline=baseline)
    assert (len(found.shown), len(found.known), found.gone) == (0, 1, 0)


def test_one_more_of_the_same_is_new(tmp_path: Path) -> None:
    baseline = Baseline.of(fingerprinted([finding()]))
    found = select(result(tmp_path, finding(), finding(chain=MOVED)), CODES, baseline=baseline)
    assert (len(found.shown), len(found.known)) == (1, 1)


def test_entries_whose_finding_is_gone_are_counted(tmp_path: Path) -> None:
    baseline = Baseline.of(fingerprinted([finding(), finding(chain=MOVED), finding(sink=SLEEP)]))
    assert select(result(tmp_path, finding()), CODES, baseline=baseline).gone == 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "not JSON"),
        (b"\xff", "not JSON"),
        ("[" * 100_000, "not JSON (nested too deeply)"),
        ("[]", "schema is 'list', expected 'clearway.baseline/1'"),
        ('{"schema": "clearway.baseline/0"}', "schema is 'clearway.baseline/0', expected"),
        ({"schema": SCHEMA}, "'findings' has to be a list of entries with a fingerprint"),
        ({"schema": SCHEMA, "findings": {}}, "'findings' has to be a list"),
        ({"schema": SCHEMA, "findings": [{"rule": "CW102"}]}, "'findings' has to be a list"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_broken_file_is_said_in_one_line(tmp_path: Path, content: Any, reason: str) -> None:
    file = tmp_path / "baseline.json"
    content = json.dumps(content) if isinstance(content, dict) else content
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(BaselineError) as refused:
        Baseline.load(file)
    assert str(refused.value).startswith(f"baseline {file}: ")
    assert reason in str(refused.value)
    assert "--write-baseline" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BaselineError, match=r"No such file or directory; write it with --write-baseline"):
        Baseline.load(tmp_path / "none.json")
    with pytest.raises(BaselineError, match="No such file or directory"):
        Baseline().dump(tmp_path / "none" / "x.json")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just(SCHEMA),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["schema", "findings", "fingerprint"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(content=st.binary(max_size=40) | JSON.map(lambda data: json.dumps(data).encode()))
def test_whatever_stands_in_the_file(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "any-baseline.json"
    file.write_bytes(content)
    try:
        Baseline.load(file)
    except BaselineError as error:
        assert len(str(error).splitlines()) == 1  # noqa: PT017 (either outcome is right)
