"""The judge: each way in which a report can differ from a case is told, and a right report passes."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.check.corpus.case import Case, CaseError, load
from tests.check.corpus.judge import Fault, judge
from tests.check.corpus.report import breaches

TEXT = """\
# A case for the judge.
@app.get("/a")
async def a():  #: endpoint GET /a blocks requests.get=error
    return load()  #! CW102 error


@app.get("/b")
async def b():  #: endpoint GET /b clean
    note()  #! CW201


def load():
    return requests.get("https://example.org")
"""

Report = dict[str, Any]


@pytest.fixture
def case(tmp_path: Path) -> Case:
    path = tmp_path / "group" / "name.py"
    path.parent.mkdir()
    path.write_text(TEXT)
    return load(path)


def _root(name: str, line: int, verdict: str) -> Report:
    return {
        "id": f"main:{name}",
        "kind": "endpoint",
        "file": "main.py",
        "line": line,
        "function": name,
        "async": True,
        "routes": [f"GET /{name}"],
        "runs_on": "loop",
        "verdict": verdict,
        "blocked_by": [],
        "advice": None,
    }


def _finding(rule: str, root: str, links: list[tuple[str, int, str]], sink: Report | None) -> Report:
    chain = [
        {"function": f"main:{name}", "file": "main.py", "line": line, "calls": calls} for name, line, calls in links
    ]
    return {
        "rule": rule,
        "severity": "error",
        "root": f"main:{root}",
        "message": "it blocks",
        "sink": sink,
        "chain": chain,
        "fingerprint": f"{rule} {root}",
        "fix": None,
    }


@pytest.fixture
def report() -> Report:
    """What is right for the case above."""
    sink = {"name": "requests.get", "kind": "network"}
    return {
        "schema": "clearway.check/1",
        "roots": [_root("a", 3, "blocks"), _root("b", 8, "clean")],
        "findings": [
            _finding("CW102", "a", [("a", 4, "main:load"), ("load", 13, "requests.get")], sink),
            _finding("CW201", "b", [("b", 9, "main:note")], None),
        ],
        "unresolved": {"calls": 0, "total": 4, "modules": []},
        "seconds": 0.1,
    }


def test_right_report_passes(case: Case, report: Report, tmp_path: Path) -> None:
    case.write(tmp_path)
    assert breaches(1, report, tmp_path) == []
    assert judge(case, report) == []


def _change(path: str, value: Any) -> Callable[[Report], None]:
    """Sets `findings.0.severity` and the like."""

    def change(report: Report) -> None:
        *way, last = path.split(".")
        place: Any = report
        for step in way:
            place = place[int(step)] if step.isdigit() else place[step]
        place[last] = value

    return change


def _drop(key: str, index: int) -> Callable[[Report], None]:
    return lambda report: report[key].pop(index)


def _add_finding(**differing: Any) -> Callable[[Report], None]:
    return lambda report: report["findings"].append({**copy.deepcopy(report["findings"][0]), **differing})


def _add_root(**differing: Any) -> Callable[[Report], None]:
    return lambda report: report["roots"].append({**copy.deepcopy(report["roots"][1]), **differing})


@pytest.mark.parametrize(
    ("change", "fault", "text"),
    [
        (_drop("roots", 0), Fault.MISSED, "main.py:3 is no root"),
        (_change("roots.0.kind", "task"), Fault.WRONG, "of kind task"),
        (_change("roots.0.verdict", "clean"), Fault.MISSED, "verdict is clean"),
        (_change("roots.0.verdict", "unknown"), Fault.MISSED, "verdict is unknown"),
        (_change("roots.1.verdict", "blocks"), Fault.FALSE_ALARM, "verdict is blocks"),
        (_change("roots.1.verdict", "unknown"), Fault.UNDECIDED, "verdict is unknown"),
        (_change("roots.1.routes", ["GET /c"]), Fault.WRONG, "routes are"),
        (_change("roots.0.runs_on", "thread"), Fault.WRONG, "runs on thread"),
        (_change("roots.1.blocked_by", ["main:a"]), Fault.FALSE_ALARM, "blocked by"),
        (_add_root(line=11, id="main:c"), Fault.WRONG, "of which the case says nothing"),
        (_drop("findings", 0), Fault.MISSED, "requests.get=error not among"),
        (_drop("findings", 1), Fault.MISSED, "main.py:9 CW201"),
        (_change("findings.0.severity", "warning"), Fault.WRONG, "level warning"),
        (_change("findings.1.chain.0.line", 8), Fault.FALSE_ALARM, "CW201"),
        (_add_finding(rule="CW401"), Fault.FALSE_ALARM, "CW401"),
        (_add_finding(rule="CW201", severity="advice"), Fault.FALSE_ALARM, "CW201 advice"),
        (_change("skipped", [{"file": "other.py", "reason": "no"}]), Fault.WRONG, "skipped"),
    ],
)
def test_each_difference_is_told(
    case: Case, report: Report, change: Callable[[Report], None], fault: Fault, text: str
) -> None:
    change(report)
    told = judge(case, report)
    assert any(difference.fault == fault and text in difference.text for difference in told), told


def test_advice_of_other_rules_is_beside_the_point(case: Case, report: Report) -> None:
    _add_finding(rule="CW301", severity="advice")(report)
    assert judge(case, report) == []


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (_change("schema", "clearway.check/2"), "schema"),
        (_change("roots.0.kind", "route"), "kind"),
        (_change("roots.0.extra", 1), "keys differ"),
        (_change("findings.0.severity", "fatal"), "severity"),
        (_change("findings.0.chain", []), "empty"),
        (_change("findings.0.chain.0.line", 99), "no line 99"),
        (_change("findings.0.chain.1.file", "other.py"), "no file other.py"),
        (_change("findings.0.chain.0.calls", "main:other"), "follows"),
        (_change("findings.0.root", "main:z"), "is no root"),
        (_change("roots.0.verdict", "clean"), "its verdict is clean"),
        (_change("roots.1.verdict", "unknown"), "exit code"),
        (_change("findings.1.fingerprint", "CW102 a"), "fingerprint"),
        (_change("roots.1.id", "main:a"), "id is"),
        (_change("unresolved.calls", 9), "make no sense"),
    ],
)
def test_each_breach_of_the_contract_is_told(
    case: Case, report: Report, tmp_path: Path, change: Callable[[Report], None], text: str
) -> None:
    case.write(tmp_path)
    change(report)
    code = 0 if text == "exit code" else 1
    assert any(text in breach for breach in breaches(code, report, tmp_path)), breaches(code, report, tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        "def f():  #: perhaps",
        "def f():  #: endpoint GET /a",
        "def f():  #: clean requests.get",
        "f()  #! CW1",
        "f()  #! CW101 error requests.get time.sleep",
        "f()  #: blocks requests.get=fatal",
        "#: foo bar",
        "#: file a.toml\nnot = 'marked'",
        "x = 1",
    ],
)
def test_mistakes_in_a_case_are_told(line: str, tmp_path: Path) -> None:
    path = tmp_path / "case.py"
    path.write_text(f"# A case.\n{line}\n")
    with pytest.raises(CaseError, match=r"case\.py"):
        load(path)
