"""`--format text`: what a person reads, and what never reaches the terminal."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearway.check.analysis import check
from clearway.check.report.lines import LONGEST, SourceLines, printable
from clearway.check.report.selection import Selection, select
from clearway.check.report.shared import OFTEN
from clearway.check.report.text import console_on, render
from clearway.check.request import Request
from clearway.check.result import Place, Result, Skipped, Unresolved
from clearway.model import Advice, Fix, Lane, RootKind, Severity, Sink, SinkKind, Verdict
from tests.check.report.made import CHAIN, CODES, finding, link, result, root, write_app

FIX = Fix("to_thread", "app/crud.py", 5, 11, 5, 20, "hand requests.get to a thread")


def text_of(selection: Selection) -> str:
    stream = io.StringIO()
    render(selection, console_on(stream), "clearway check app")
    return stream.getvalue()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "60")
    return Terminal()


def test_a_chain_is_drawn_as_a_tree_with_its_source(tmp_path: Path) -> None:
    write_app(tmp_path)
    lines = text_of(select(result(tmp_path, finding(fix=FIX)), CODES)).splitlines()
    assert lines[:10] == [
        "app/main.py",
        "  GET /items/{id}  endpoint async def read_item, line 4, on the loop",
        "    CW102 error  read_item blocks the loop: load waits for the network in requests.get",
        "      app/main.py:5  read_item",
        "      item = crud.load(",
        "      └─ app/crud.py:5  load",
        '         return requests.get(f"https://example.org/{id}").json()',
        "         └─ requests.get  network",
        "    fix  hand requests.get to a thread (--fix)",
        "",
    ]


def test_the_documentation_shows_what_is_printed(tmp_path: Path) -> None:
    write_app(tmp_path)
    found = replace(check(Request(paths=(tmp_path,), use_cache=False)), seconds=0.2)
    stream = io.StringIO()
    render(select(found, CODES, level=Severity.WARNING), console_on(stream), "clearway check")
    page = (Path(__file__).parents[3] / "docs" / "check.md").read_text()
    assert f"```\n{stream.getvalue()}```\n" in page


def test_what_to_do_stands_below_the_root(tmp_path: Path) -> None:
    advised = root(advice=Advice(Lane.THREAD, "def", "nothing is awaited"))
    assert "    do   make it `def`: nothing is awaited\n" in text_of(
        select(result(tmp_path, finding(), roots=(advised,)), CODES)
    )
    none = root(advice=Advice(Lane.LOOP, "none", "it is well there"))
    assert "it is well there" not in text_of(select(result(tmp_path, finding(), roots=(none,)), CODES))


def test_what_to_do_is_said_once_for_a_root(tmp_path: Path) -> None:
    remedy = "Use `AsyncSession` with an async driver."
    found = [
        finding(message=f"Query.one blocks the loop. {remedy}", chain=(link("app.main:read_item", 5, "one"),)),
        finding(message=f"Query.all blocks the loop. {remedy}", chain=(link("app.main:read_item", 6, "all"),)),
        finding(
            message=f"Query.all blocks the loop. {remedy}",
            chain=(link("app.main:other", 16, "all"),),
            root="app.main:other",
        ),
    ]
    text = text_of(select(result(tmp_path, *found, roots=(root(), root("app.main:other"))), CODES))
    assert [line.partition("error  ")[2] for line in text.splitlines() if "  Query." in line] == [
        f"Query.one blocks the loop. {remedy}",
        "Query.all blocks the loop.",
        f"Query.all blocks the loop. {remedy}",
    ]


def test_a_dependency_is_known_by_its_name(tmp_path: Path) -> None:
    user = root(kind=RootKind.DEPENDENCY, routes=tuple(f"GET /{letter}" for letter in "abcde"))
    text = text_of(select(result(tmp_path, finding(), roots=(user,)), CODES))
    assert "\n  read_item  dependency async def, line 4, on the loop, of GET /a, GET /b, GET /c and 2 more\n" in text


def test_hops_that_two_chains_of_a_root_share_are_drawn_once(tmp_path: Path) -> None:
    way = (link("app.main:read_item", 5, "app.crud:load"), link("app.crud:load", 8, "app.db:save"))
    found = [
        finding(chain=(*way, link("app.db:save", 20, "commit"))),
        finding(rule="CW303", chain=(*way, link("app.db:save", 21, "refresh"))),
        finding(chain=(link("app.main:read_item", 6, "app.crud:load"), *way[1:])),
    ]
    lines = text_of(select(result(tmp_path, *found), CODES)).splitlines()
    assert [line.strip() for line in lines if line.startswith("      ") and ".py:" in line] == [
        "app/main.py:5  read_item",
        "└─ app/crud.py:8  load",
        "└─ app/db.py:20  save",
        "└─ app/crud.py:8  load, as above",
        "└─ app/db.py:21  save",
        "app/main.py:6  read_item",
        "└─ app/crud.py:8  load",
    ]


def test_what_one_function_does_is_told_of_once_with_the_gravest_first(tmp_path: Path) -> None:
    way = (link("app.main:read_item", 5, "app.crud:save"),)
    found = [
        finding(severity=Severity.WARNING, message="opens", chain=(*way, link("app.crud:save", 20, "open"))),
        finding(message="commits", chain=(*way, link("app.crud:save", 21, "commit"))),
        finding(message="loads", chain=(*way, link("app.crud:save", 23, "refresh"))),
        finding(message="again", chain=(*way, link("app.crud:save", 22, "refresh"))),
        finding(
            message="elsewhere",
            chain=(link("app.main:read_item", 6, "app.crud:save"), link("app.crud:save", 20, "open")),
        ),
    ]
    shown = text_of(select(result(tmp_path, *found), CODES))
    heads = [line.split()[-1] for line in shown.splitlines() if line.startswith("    CW")]
    assert heads == ["commits", "elsewhere"]
    assert "    there too  open in line 20 (warning); refresh in lines 22, 23\n" in shown
    assert "4 errors, 1 warning, 2 where shared places count once" in shown


def test_a_deep_chain_does_not_run_off_to_the_right(tmp_path: Path) -> None:
    chain = tuple(link(f"app.deep:f{depth}", depth + 1, f"app.deep:f{depth + 1}") for depth in range(80))
    text = text_of(select(result(tmp_path, finding(chain=chain)), CODES))
    assert all(f"app/deep.py:{depth + 1}  f{depth}\n" in text for depth in range(80))
    assert max(len(line) for line in text.splitlines() if "deep.py" in line and "└" in line) < 80


def test_totals_say_how_many_endpoints_block(tmp_path: Path) -> None:
    roots = (
        root(),
        root("app.main:a", verdict=Verdict.CLEAN),
        root("app.main:b", verdict=Verdict.CLEAN),
        root("app.main:c", verdict=Verdict.UNKNOWN),
    )
    text = text_of(select(result(tmp_path, finding(), roots=roots), CODES))
    assert "endpoints   4: 1 blocks the loop, 2 clean, 1 unknown  (2 files, 0.2 s)\n" in text
    assert "worst sinks requests.get (network): blocks 1 endpoint, 1 finding\n" in text


def test_silence_is_never_told_as_safety(tmp_path: Path) -> None:
    found = Result(
        tmp_path,
        unresolved=Unresolved(3, 870, ("boto3", "stripe"), (Place("app/main.py", 7, "x()"),)),
        skipped=(
            Skipped("a.py", "line 3: invalid syntax"),
            Skipped("b.py", "line 9: invalid syntax"),
            Skipped("c.py", "not UTF-8"),
        ),
        warnings=("no environment was found",),
    )
    text = text_of(select(found, CODES))
    assert "endpoints   none found (0 other roots in 0 files)\n" in text
    assert "unresolved  3 of 870 calls could not be followed; not at hand: boto3, stripe\n" in text
    assert "not checked 3 files: invalid syntax (a.py, line 3 and 1 more); not UTF-8 (c.py)\n" in text
    assert "warning     no environment was found\n" in text
    assert "clearway check app --python .venv/bin/python" in text


def test_hidden_findings_are_counted_by_what_hides_them(tmp_path: Path) -> None:
    found = Selection(
        result(tmp_path),
        (finding(severity=Severity.ADVICE),),
        below=(finding(),) * 4,
        ignored=(finding(),) * 3,
        known=(finding(),) * 2,
        switched_off=(finding(),),
        gone=1,
        level=Severity.WARNING,
    )
    text = text_of(found)
    assert (
        "1 piece of advice; not shown: 4 below --level warning, 3 ignored by comments, 2 in the baseline, 1 of" in text
    )
    assert "baseline    1 entry can be removed; --write-baseline writes it anew\n" in text


def test_the_next_command_is_one_to_type(tmp_path: Path) -> None:
    fixable = text_of(select(result(tmp_path, finding(fix=FIX)), CODES))
    assert "next        clearway check app --fix  makes 1 safe edit; --diff only shows them\n" in fixable
    hard = text_of(select(result(tmp_path, finding()), CODES))
    assert "next        clearway check --explain CW102" in hard
    proven = root(is_async=False, verdict=Verdict.CLEAN, advice=Advice(Lane.LOOP, "none", "3 calls read"))
    clean = text_of(select(result(tmp_path, roots=(proven,)), CODES))
    assert "next        clearway check app --write-plan clearway-plan.json  lets `clearway run` save 1 call" in clean


def test_colours_only_on_a_terminal(tmp_path: Path, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    found = select(result(tmp_path, finding()), CODES)
    assert "\x1b" not in text_of(found)
    render(found, console_on(terminal), "clearway check")
    assert "\x1b[" in terminal.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    plain = Terminal()
    render(found, console_on(plain), "clearway check")
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", plain.getvalue())


def test_code_is_cut_at_the_terminals_edge_and_nowhere_else(tmp_path: Path, terminal: Terminal) -> None:
    write_app(tmp_path, crud="\n\n\n\n    return requests.get('" + "x" * 150 + "')\n")
    found = select(result(tmp_path, finding()), CODES)
    assert "x" * 150 + "')" in text_of(found)
    render(found, console_on(terminal), "clearway check")
    bare = re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue())
    assert "x" * 60 not in bare
    assert all(len(line) <= 60 for line in bare.splitlines())


def test_a_terminal_without_unicode_gets_ascii_branches(tmp_path: Path) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    render(select(result(tmp_path, finding()), CODES), console_on(stream), "clearway check")
    stream.seek(0)
    assert "`- app/crud.py:5  load" in stream.read()


HOSTILE = "a\x1b]0;owned\x07\x1b[2J\r\x9b31m\u202eevil\u2028b[red]\\[/]\udce9:warning:"


def test_hostile_text_is_shown_and_not_obeyed(tmp_path: Path, terminal: Terminal) -> None:
    write_app(tmp_path, main=f"\n\n\n\nx = '{HOSTILE}'".encode("utf-8", "replace").decode())
    hostile = finding(
        message=HOSTILE,
        root=HOSTILE,
        sink=Sink(HOSTILE, SinkKind.FILE),
        chain=(link(HOSTILE, 5, HOSTILE, "app/main.py"), link("b:c", 1, "d", f"{HOSTILE}.py")),
        fix=replace(FIX, description=HOSTILE),
    )
    found = Selection(
        result(
            tmp_path,
            hostile,
            roots=(root(HOSTILE, routes=(HOSTILE,), function=HOSTILE, advice=Advice(Lane.THREAD, HOSTILE, HOSTILE)),),
            skipped=(Skipped(HOSTILE, HOSTILE),),
            unresolved=Unresolved(1, 1, (HOSTILE,)),
        ),
        (hostile,),
        warnings=(HOSTILE,),
    )
    text = text_of(found)
    assert not {"\x1b", "\x07", "\r", "\x9b", "\u202e", "\u2028", "\udce9"} & set(text)
    assert "a\\x1b]0;owned\\x07" in text
    assert "[red]\\[/]" in text
    render(found, console_on(terminal), "clearway check")
    seen = re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue())
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(seen)


@given(st.text(st.characters()), st.text(st.characters(), min_size=1))
def test_any_text_can_be_reported(message: str, name: str) -> None:
    odd = finding(message=message, root=name, sink=Sink(name, SinkKind.FILE), chain=(link(name, 1, name, name),))
    found = Selection(result(Path("/nowhere"), odd, roots=(root(name, routes=(name,)),)), (odd,), warnings=(message,))
    text = text_of(found)
    assert text.splitlines() == text.split("\n")[:-1]
    text.encode()


@given(st.text(st.characters()))
def test_printable_text_stays_on_its_line(text: str) -> None:
    assert len(printable(text).splitlines()) <= 1
    assert printable(text).isascii() or not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in printable(text))
    printable(text).encode()


def test_source_lines_are_python_s_lines(tmp_path: Path) -> None:
    (tmp_path / "x.py").write_bytes(b"a = '\x0c\xe2\x80\xa8'\r\nb\rc\n" + b"z" * 10_000)
    lines = SourceLines(tmp_path)
    assert [lines.line("x.py", number) for number in (1, 2, 3)] == ["a = '\\x0c\\u2028'", "b", "c"]
    assert len(lines.line("x.py", 4)) == LONGEST + 1
    assert lines.line("x.py", 99) == lines.line("gone.py", 1) == lines.line("x.py", 0) == ""


def test_an_edit_that_fixes_several_findings_is_told_once_and_the_advice_where_something_is_left(
    tmp_path: Path,
) -> None:
    advised = root(advice=Advice(Lane.THREAD, "def", "nothing is awaited"))
    two = [finding(fix=FIX, message=message) for message in ("one", "two")]
    text = text_of(select(result(tmp_path, *two, roots=(advised,)), CODES))
    assert text.count("(--fix)") == 1
    assert "make it `def`" not in text
    text = text_of(select(result(tmp_path, *two, finding(message="three"), roots=(advised,)), CODES))
    assert text.count("(--fix)") == 1
    assert text.count("make it `def`: nothing is awaited") == 1


def test_a_place_that_many_roots_reach_is_told_of_once(tmp_path: Path) -> None:
    names = [f"app.main:read_{number}" for number in range(OFTEN + 1)]
    below = CHAIN[1]
    findings = [finding(root=name, chain=(link(name, 5 + at, "app.crud:load"), below)) for at, name in enumerate(names)]
    alone = finding(root=names[0], chain=(link(names[0], 9, "app.crud:other"), link("app.crud:other", 9, "time.sleep")))
    shown = text_of(select(result(tmp_path, *findings, alone, roots=tuple(map(root, names))), CODES))
    assert shown.count("└─ app/crud.py:5") == 1
    assert f"reached by {OFTEN + 1} endpoints; told of once" in shown
    assert shown.count("└─ app/crud.py:9") == 1
    assert f"{OFTEN + 2} errors, 2 where shared places count once" in shown


def test_a_place_that_few_roots_reach_is_told_of_with_each(tmp_path: Path) -> None:
    names = [f"app.main:read_{number}" for number in range(OFTEN)]
    findings = [finding(root=name, chain=(link(name, 5, "app.crud:load"), CHAIN[1])) for name in names]
    shown = text_of(select(result(tmp_path, *findings, roots=tuple(map(root, names))), CODES))
    assert shown.count("└─ app/crud.py:5") == OFTEN
    assert "told of once" not in shown
