"""Generated programs in syntax up to Python 3.14, in which every call has a name of its own: `k0()`, `k1()` …"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from hypothesis import strategies as st

Span = tuple[int, int, int, int]

QUOTES = ("'", '"', "'''", '"""')
GAPS = st.sampled_from(["", "", "", " ", "\n  ", "  # é {[(\n "])


def _literal(quote: str, raw: bool) -> st.SearchStrategy[str]:
    parts = ["é 😀 ", "{{", "}}", "text", " # no comment ", "(["]
    if not raw:
        parts += [r"\n", r"\N{EM DASH}", r"\\"]
    if len(quote) == 3:
        parts += ["\n", "\n\n   ", "'" if quote[0] == '"' else '"']
    return st.lists(st.sampled_from(parts), max_size=2).map("".join)


@st.composite
def _field(draw: st.DrawFn, depth: int) -> str:
    expression = draw(expressions(depth - 1))
    gap = draw(GAPS)
    text = "{" + (gap or " ") + expression + draw(GAPS)
    text += draw(st.sampled_from(["", "", "=", " = "])) + draw(st.sampled_from(["", "", "!r", "!s"]))
    if draw(st.booleans()):
        text += ":" + draw(st.sampled_from([">10", "", "%H-é", "=^5"]))
        if depth > 1 and draw(st.booleans()):
            text += "{" + draw(expressions(0)) + "}"
    return text + "}"


@st.composite
def formatted(draw: st.DrawFn, depth: int, templates: bool) -> str:
    prefix = draw(st.sampled_from(["t", "T", "rt"] if templates else ["f", "F", "rf", "fR"]))
    quote = draw(st.sampled_from(QUOTES))
    text = draw(_literal(quote, "r" in prefix.lower()))
    for _ in range(draw(st.integers(0, 2))):
        text += draw(_field(depth)) + draw(_literal(quote, "r" in prefix.lower()))
    return prefix + quote + text + quote


@st.composite
def concatenated(draw: st.DrawFn, depth: int) -> str:
    pieces = [draw(formatted(depth, templates=False))]
    for _ in range(draw(st.integers(0, 2))):
        plain = st.sampled_from(["'é'", '"b"', "r'\\d'", '"""\n"""', "''"])
        pieces.insert(draw(st.integers(0, 1)), draw(plain | formatted(depth, templates=False)))
    return "(" + draw(st.sampled_from([" ", "\n ", " # c\n "])).join(pieces) + ")"


def expressions(depth: int, templates: bool = False) -> st.SearchStrategy[str]:
    """Expressions in which `@` stands for a call."""
    plain = st.sampled_from(["@", "@", 'x["é"]', "x['a']", "(y := @)", "a != @", "@ == b", "'\\n'.join(@)", "[@, (@)]"])
    if depth <= 0:
        return plain
    inner = st.deferred(lambda: expressions(depth - 1, templates))
    options = [
        plain,
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("[{} for a in {}]".format, inner, inner),
        st.builds("(lambda: {})".format, inner),
        st.builds("( {{'k': {}}} )".format, inner),
        formatted(depth, templates=False),
        concatenated(depth),
    ]
    return st.one_of(*options, formatted(depth, templates=True)) if templates else st.one_of(*options)


PARAMETERS = st.sampled_from(["[T]", "[T: int = str, *Ts, **P]", "[\n  T, # é ]\n  U: 'x[',\n]", "[T: (a, b)]"])


@st.composite
def _statement(draw: st.DrawFn, newest: bool) -> list[str]:
    expression = expressions(2, templates=newest)
    # Inside of parentheses an expression may go over several lines.
    value = "(" + draw(expression) + ")"
    kind = draw(st.integers(0, 6 if newest else 4))
    if kind == 0:
        return [f"def f{draw(PARAMETERS)}(a={value}): return @"]
    if kind == 1:
        return [f"class C{draw(PARAMETERS)}({value}):", "    x = @"]
    if kind == 2:
        return [f"type é{draw(st.sampled_from(['', ' ']) | PARAMETERS)}= {value}; @"]
    if kind == 3:
        return [f"x = {value}"]
    if kind == 4:
        return [f"if @: type = {value}; type[@]"]
    gap = draw(st.sampled_from(["", " "]))
    star = draw(st.sampled_from(["", " "])) + draw(st.sampled_from(["", "*"]))
    names = draw(st.sampled_from(["A, B", "A, x[@]", "A , (B), C"]))
    return ["try:", "    @", f"except{star or ' '}{' ' if star == ' ' else ''}{names}{gap}:{gap}@ # c"]


@st.composite
def programs(draw: st.DrawFn, newest: bool = True) -> str:
    """Text of a module. Without `newest` Python 3.13 reads it."""
    lines: list[str] = []
    indent = ""
    for _ in range(draw(st.integers(1, 4))):
        lines += [indent + line for line in draw(_statement(newest))]
        if draw(st.booleans()):
            lines.append(indent + "if 1:")
            indent += "    "
    lines.append(indent + "@")
    names = (f"k{number}()" for number in itertools.count())
    pieces = "\n".join(lines).split("@")
    text = "".join(piece + (next(names) if at < len(pieces) - 1 else "") for at, piece in enumerate(pieces))
    return draw(st.sampled_from([text + "\n", text.replace("\n", "\r\n"), text]))


class Interpreter:
    """Another Python that says where the calls of a text stand, as its `ast` sees them."""

    _PROGRAM = """
import ast, json, sys, warnings
warnings.simplefilter("ignore")
for line in sys.stdin:
    try:
        nodes = ast.walk(ast.parse(json.loads(line)))
        print(json.dumps(sorted((n.lineno, n.col_offset, n.end_lineno, n.end_col_offset)
                                for n in nodes if isinstance(n, ast.Call))), flush=True)
    except SyntaxError:
        print("null", flush=True)
"""

    def __init__(self, executable: str) -> None:
        self._process = subprocess.Popen(
            [executable, "-I", "-S", "-c", self._PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Interpreter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def calls(self, text: str) -> list[Span] | None:
        """Places of all calls; None where this Python does not read the text."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(text) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return None if answer is None else [(a, b, c, d) for a, b, c, d in answer]


def newer_python(*version: int) -> str | None:
    """An interpreter of this version on this machine; None where there is none."""
    if sys.version_info[:2] == version:
        return sys.executable
    name = ".".join(map(str, version))
    if (found := shutil.which(f"python{name}")) and "shims" not in found:
        return found
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    return next((str(place) for place in sorted(versions.glob(f"{name}.*/bin/python"))), None)
