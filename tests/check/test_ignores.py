"""Comments that silence findings: where they count, and what is said of those that do not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearway.check.ignores import Silenced, scan, silence
from clearway.model import Finding, Link
from tests.check.report.made import CODES, CRUD, MAIN, finding, link, result, write_app


def silenced(folder: Path, *findings: Finding, main: str = MAIN, crud: str = CRUD) -> Silenced:
    write_app(folder, main, crud)
    return silence(result(folder, *(findings or (finding(),))), CODES)


def with_comment(text: str, line: int, comment: str) -> str:
    lines = text.splitlines()
    lines[line - 1] += f"  # clearway: {comment}"
    return "\n".join(lines)


@pytest.mark.parametrize(
    "comment",
    ["ignore[CW102]", "ignore", "ignore[CW101, CW102] it is fast", "ignore[cw102]", "ignore[CW101 CW102]"],
)
def test_a_comment_on_the_line_of_the_finding(tmp_path: Path, comment: str) -> None:
    found = silenced(tmp_path, main=with_comment(MAIN, 5, comment))
    assert (len(found.findings), len(found.ignored), found.warnings) == (0, 1, ())


@pytest.mark.parametrize(
    ("line", "counts"),
    [(1, False), (3, True), (4, True), (5, True), (6, True), (7, True), (8, False), (11, False)],
)
def test_a_comment_counts_on_the_statement_and_on_the_root_s_def(tmp_path: Path, line: int, counts: bool) -> None:
    found = silenced(tmp_path, main=with_comment(MAIN, line, "ignore[CW102]"))
    assert len(found.ignored) == counts
    assert len(found.warnings) == (not counts)


def test_a_comment_on_any_hop_silences_every_chain_through_it(tmp_path: Path) -> None:
    other = finding(
        root="app.main:other",
        chain=(link("app.main:other", 12, "app.crud:load"), link("app.crud:load", 5, "requests.get")),
    )
    elsewhere = finding(root="app.main:other", chain=(link("app.main:other", 12, "time.sleep"),))
    found = silenced(tmp_path, finding(), other, elsewhere, crud=with_comment(CRUD, 5, "ignore[CW102] cached"))
    assert [entry.chain for entry in found.findings] == [elsewhere.chain]
    assert found.warnings == ()


def test_another_rule_is_not_silenced(tmp_path: Path) -> None:
    found = silenced(tmp_path, main=with_comment(MAIN, 5, "ignore[CW101]"))
    assert len(found.findings) == 1
    assert found.warnings == ("app/main.py:5: this comment silences nothing: ignore[CW101]; take it out",)


@pytest.mark.parametrize(("code", "left"), [("[CW102]", 0), ("", 0), ("[CW101]", 1)])
def test_a_comment_for_the_whole_file(tmp_path: Path, code: str, left: int) -> None:
    found = silenced(tmp_path, crud=f"# clearway: ignore-file{code} legacy\n{CRUD}")
    assert len(found.findings) == left


def test_every_comment_that_would_do_is_needed(tmp_path: Path) -> None:
    found = silenced(
        tmp_path,
        main=with_comment(MAIN, 5, "ignore[CW102]"),
        crud=with_comment(CRUD, 5, "ignore[CW102]"),
    )
    assert found.warnings == ()


def test_unused_comments_are_found_in_files_without_findings(tmp_path: Path) -> None:
    write_app(tmp_path, crud="x = 1  # clearway: ignore\n")
    assert silence(result(tmp_path), CODES).warnings == (
        "app/crud.py:1: this comment silences nothing: ignore; take it out",
    )


@pytest.mark.parametrize(
    ("comment", "warning"),
    [
        ("ignore[CW12]", "unknown rule 'CW12'; did you mean 'CW102'?"),
        ("ignore[CW102", "a comment that cannot be read; write it like: clearway: ignore[CW102] reason"),
        ("ignore[]", "a comment that cannot be read"),
        ("ingore[CW102]", "unknown comment 'clearway: ingore'; did you mean 'ignore'?"),
        ("ignore-fil", "unknown comment 'clearway: ignore-fil'; did you mean 'ignore-file'?"),
    ],
)
def test_a_comment_that_is_wrong_is_told_and_silences_nothing(tmp_path: Path, comment: str, warning: str) -> None:
    found = silenced(tmp_path, main=with_comment(MAIN, 5, comment))
    assert len(found.findings) == 1
    assert found.warnings[0].startswith("app/main.py:5: ")
    assert warning in found.warnings[0]


def test_prose_about_clearway_is_no_comment_of_ours(tmp_path: Path) -> None:
    assert silenced(tmp_path, main=with_comment(MAIN, 5, "see the docs")).warnings == ()


@pytest.mark.parametrize(
    "text",
    [
        "x = '# clearway: ignore'",
        'x = "it\'s # clearway: ignore"',
        '"""\n# clearway: ignore\n"""',
        "'''a \\''' # clearway: ignore'''",
        "x = 'a\\'# clearway: ignore'",
        "f'{x}# clearway: ignore'",
        "'a\\\n# clearway: ignore'",
    ],
)
def test_a_string_is_no_comment(text: str) -> None:
    assert scan(text, "x.py", CODES).ignores == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("x = '#'  # clearway: ignore", 1),
        ('"""\n"""\nf("it\'s")  # clearway: ignore', 3),
        ("x = 1  # it's\ny = 2  # clearway: ignore", 2),
        ("x\r\ny\rz # clearway: ignore", 3),
        ("'\\\\'  # clearway: ignore", 1),
        ("type X[T = int] = list[T]  # clearway: ignore", 1),
        ("def f[T](x: T) -> T: ...\ntry: ...\nexcept A, B: ...  # clearway: ignore", 3),
        ("x = f'{y['a']}'  # clearway: ignore", 1),
        ("x # noqa: E501 # clearway: ignore", 1),
        ("x #clearway:ignore", 1),
        ("'unfinished\ny  # clearway: ignore", 2),
    ],
)
def test_comments_are_found_in_any_python(text: str, line: int) -> None:
    assert [ignore.line for ignore in scan(text, "x.py", CODES).ignores] == [line]


@given(st.text(alphabet="'\"\\#\n cf", max_size=60))
def test_any_text_can_be_scanned(text: str) -> None:
    for ignore in scan(f"{text}\n# clearway: ignore", "x.py", CODES).ignores:
        assert ignore.line == text.count("\n") + 2


def test_a_file_of_newer_syntax_keeps_its_statements(tmp_path: Path) -> None:
    body = "async def read_item(id: int):\n    return f(\n        id,  # clearway: ignore\n    )\n"
    main = f"type X[T = int] = list[T]\n\n{body}"
    found = silenced(tmp_path, finding(chain=(link("app.main:read_item", 4, "f"),)), main=main)
    assert len(found.ignored) == 1


def test_a_file_that_cannot_be_parsed_has_lines(tmp_path: Path) -> None:
    broken = finding(chain=(link("app.main:read_item", 2, "f"),))
    found = silenced(tmp_path, broken, main="def (:\nf()  # clearway: ignore\ng()\n")
    assert len(found.ignored) == 1


def test_a_file_that_has_gone_is_none_of_our_business(tmp_path: Path) -> None:
    gone = finding(chain=(Link("a:b", "gone.py", 1, "c"),))
    assert silence(result(tmp_path, gone), CODES).findings[0].chain == gone.chain


@pytest.mark.parametrize(
    ("code", "at", "finding_line", "counts"),
    [
        ("if a(\n    b,\n):\n    c()\n", 2, 1, True),
        ("if a(\n    b,\n):\n    c()\n", 4, 1, False),
        ("with a() as b:\n    c()\nd()\n", 1, 2, False),
        ("@app.get(\n    '/'\n)\nasync def f(\n    x\n):\n    g()\n", 5, 4, True),
        ("@app.get(\n    '/'\n)\nasync def f(\n    x\n):\n    g()\n", 2, 4, True),
        ("match a(\n    b\n):\n    case 1:\n        c()\n", 2, 1, True),
        ("try:\n    a()\nexcept b():\n    c()\n", 3, 3, True),
        ("a(); b()\n", 1, 1, True),
    ],
)
def test_a_compound_statement_ends_where_its_body_begins(
    tmp_path: Path, code: str, at: int, finding_line: int, counts: bool
) -> None:
    here = finding(root=None, chain=(link("app.main:f", finding_line, "g"),))
    found = silenced(tmp_path, here, main=with_comment(code, at, "ignore"))
    assert len(found.ignored) == counts
