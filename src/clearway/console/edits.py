"""What to write instead of a line that keeps the loop: `python -m clearway.console.edits`, question in, answer out.

A program of its own, that `advice` starts and ends: reading code takes memory and the interpreter, and the process
whose console asks has better uses for both.
"""

from __future__ import annotations

import ast
import difflib
import json
import sys
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import msgspec

from clearway.check.fix import FixKind, apply
from clearway.check.sinks.library import Library
from clearway.console.sources import NoSource, read_lines
from clearway.model import Cause, Fix

if TYPE_CHECKING:
    from collections.abc import Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef
SUSPENDS = (ast.Await, ast.AsyncFor, ast.AsyncWith, ast.Yield, ast.YieldFrom)


class Step(msgspec.Struct, frozen=True):
    """One line of a stack."""

    file: str
    line: int
    function: str


class Question(msgspec.Struct, frozen=True):
    """A stall, or a `def` that computes."""

    cause: str
    """One of `Cause`; `threads` for a `def` that computes in a thread."""
    operation: str | None
    steps: list[Step]
    """The user's lines, innermost first; for `threads` that of the `def`."""
    call: str | None
    """Id of the call that the framework knows."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Lines of a file, and what they become. `line` is the number of the first."""

    file: str
    line: int
    before: list[str]
    after: list[str]


@dataclass(frozen=True, slots=True)
class Advice:
    """What to change, in a sentence and as edits."""

    change: str
    why: str
    edits: list[Edit] = field(default_factory=list)


class Code:
    """One file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.text = "".join(read_lines(file))
        self.tree = ast.parse(self.text)

    def function_at(self, line: int) -> Function | None:
        """The innermost function with this line in its body; decorators count as part of it."""
        found = [
            node for node in ast.walk(self.tree) if isinstance(node, Function) and _first(node) <= line <= _end(node)
        ]
        return max(found, key=lambda node: node.lineno, default=None)

    def edits(self, after: str) -> list[Edit]:
        """Line by line from this text to another."""
        old, new = self.text.splitlines(), after.splitlines()
        blocks = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        return [Edit(self.file, i + 1, old[i:j], new[k:m]) for tag, i, j, k, m in blocks if tag != "equal"]

    def full_name(self, call: ast.Call) -> str:
        """The dotted name of what is called, with the file's imports put in."""
        written = ast.unparse(call.func)
        first, dot, rest = written.partition(".")
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    if (alias.asname or alias.name.partition(".")[0]) == first:
                        return f"{alias.name if alias.asname else first}{dot}{rest}"
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for alias in node.names:
                    if (alias.asname or alias.name) == first:
                        return f"{node.module}.{alias.name}{dot}{rest}"
        return written


def advise(question: Question) -> Advice | None:
    """None where nothing can be said that is more exact than what everybody is told."""
    if question.cause == "threads":
        return _to_process(question)
    if question.cause not in (Cause.BLOCKING_CALL, Cause.CPU):
        return None
    called = (question.operation or "").rpartition(".")[2]
    for step in question.steps:
        code = Code(step.file)
        function = code.function_at(step.line)
        if isinstance(function, ast.AsyncFunctionDef):
            return _in_async(question, code, function, step.line, called)
        called = step.function.rpartition(".")[2]
    return None


def _in_async(question: Question, code: Code, function: ast.AsyncFunctionDef, line: int, called: str) -> Advice | None:
    call = _call_at(code, function, line, called)
    known = (question.call or "").rpartition(":")[2].rpartition(".")[2] == function.name
    may_be_def = known and not any(isinstance(node, SUSPENDS) for node in _own(function))
    if question.cause == Cause.CPU:
        return _computing(code, function, call, may_be_def)
    name = code.full_name(call) if call is not None else question.operation
    why = _why(name, question.operation)
    sleeps = call is not None and name == "time.sleep" and len(call.args) == 1 and not call.keywords
    if call is not None and sleeps:
        return _fixed(code, FixKind.ASYNC_SLEEP, call, "Sleep without blocking the loop.", why)
    if may_be_def:
        change = f"Make `{function.name}` a plain `def`: it awaits nothing, and runs in a thread then."
        return _fixed(code, FixKind.TO_DEF, function, change, why)
    if call is None:
        return None
    return _fixed(code, FixKind.TO_THREAD, call, f"Call `{ast.unparse(call.func)}` in a thread.", why)


def _why(*names: str | None) -> str:
    """What the checker's data say of the operation."""
    library = Library.load()
    for name in names:
        if name and (entry := library.sink(name)) is not None:
            twin = f" Its async counterpart is `{entry.twin}`." if entry.twin and entry.twin not in entry.fix else ""
            return f"`{name}` blocks ({entry.kind}). {entry.fix}{twin}"
    return "It waits on the event loop, and everybody waits with it."


def _computing(code: Code, function: ast.AsyncFunctionDef, call: ast.Call | None, may_be_def: bool) -> Advice | None:
    why = (
        "It computes on the event loop, and everybody waits for it; a thread would share the interpreter with the loop."
    )
    if may_be_def:
        text = apply(code.text, [_fix(FixKind.TO_DEF, code, function)])
        change = (
            f"Make `{function.name}` a plain `def` that runs in a process: its arguments and its result travel there."
        )
        return _decorated(code, text, function, change, why)
    if call is None:
        change = f"Move what `{function.name}` computes to a function, and `await clearway.offload(…, lane='process')`."
        return Advice(change, why)
    inner = [ast.unparse(each) for each in [*call.args, *call.keywords]]
    parts = ", ".join([ast.unparse(call.func), *inner, 'lane="process"'])
    text = _replaced(code.text, call, f"await clearway.offload({parts})")
    change = f"Call `{ast.unparse(call.func)}` in a process: its arguments and its result travel there."
    return Advice(change, why, code.edits(_with_import(text)))


def _to_process(question: Question) -> Advice | None:
    step = question.steps[0]
    code = Code(step.file)
    function = code.function_at(step.line)
    if not isinstance(function, ast.FunctionDef) or "clearway.process" in map(ast.unparse, function.decorator_list):
        return None
    why = "It computes in a thread, and threads share one interpreter: more of them only wait for each other."
    change = f"Have `{function.name}` run in a process of its own: its arguments and its result travel there."
    return _decorated(code, code.text, function, change, why)


def _decorated(code: Code, text: str, function: Function, change: str, why: str) -> Advice | None:
    """`@clearway.process` right above the `def`, below the route's decorator."""
    lines = text.splitlines(keepends=True)
    # Imports that the edit before brought stand above, and the `def` stands where it stood or further down.
    at = next((i for i in range(function.lineno - 1, len(lines)) if f"def {function.name}(" in lines[i]), None)
    if at is None:
        return None
    lines.insert(at, f"{' ' * function.col_offset}@clearway.process\n")
    return Advice(change, why, code.edits(_with_import("".join(lines))))


def _with_import(text: str) -> str:
    """The text with `import clearway` among its imports."""
    tree = ast.parse(text)
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    if any(
        isinstance(node, ast.Import) and any(a.name == "clearway" and not a.asname for a in node.names)
        for node in imports
    ):
        return text
    lines = text.splitlines(keepends=True)
    lines.insert(max((_end(node) for node in imports), default=0), "import clearway\n")
    return "".join(lines)


def _fixed(code: Code, kind: FixKind, node: ast.expr | ast.stmt, change: str, why: str) -> Advice | None:
    edits = code.edits(apply(code.text, [_fix(kind, code, node)]))
    return Advice(change, why, edits) if edits else None


def _fix(kind: FixKind, code: Code, node: ast.expr | ast.stmt) -> Fix:
    """In characters, where `ast` counts bytes."""
    lines = code.text.splitlines()
    end_line = node.end_lineno or node.lineno
    column = len(lines[node.lineno - 1].encode()[: node.col_offset].decode())
    end_column = len(lines[end_line - 1].encode()[: node.end_col_offset].decode())
    return Fix(kind, code.file, node.lineno, column, end_line, end_column, "")


def _replaced(text: str, node: ast.expr, by: str) -> str:
    lines = [line.encode() for line in text.splitlines(keepends=True)]
    end_line = node.end_lineno or node.lineno
    head = b"".join(lines[: node.lineno - 1]) + lines[node.lineno - 1][: node.col_offset]
    tail = lines[end_line - 1][node.end_col_offset :] + b"".join(lines[end_line:])
    return (head + by.encode() + tail).decode()


def _call_at(code: Code, function: Function, line: int, called: str) -> ast.Call | None:
    """The call that keeps the loop: by its name, else the only one on the line, or the only one known to block."""
    awaited = {id(node.value) for node in _own(function) if isinstance(node, ast.Await)}
    calls = [
        node
        for node in _own(function)
        if isinstance(node, ast.Call) and node.lineno <= line <= _end(node) and id(node) not in awaited
    ]
    named = [node for node in calls if ast.unparse(node.func).rpartition(".")[2] == called]
    library = Library.load()
    blocking = [node for node in calls if library.sink(code.full_name(node)) is not None]
    return next((found[0] for found in (named, calls, blocking) if len(found) == 1), None)


def _own(function: Function) -> Iterator[ast.AST]:
    """The nodes of its body, without those of functions inside."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, Function | ast.Lambda):
            waiting += ast.iter_child_nodes(node)


def _first(function: Function) -> int:
    return min([function.lineno, *(decorator.lineno for decorator in function.decorator_list)])


def _end(node: ast.stmt | ast.expr) -> int:
    return node.end_lineno or node.lineno


def main() -> None:
    question = msgspec.json.decode(sys.stdin.buffer.read(), type=Question)
    try:
        found = advise(question)
    except (NoSource, SyntaxError, ValueError, RecursionError):  # code that cannot be read, or that has changed
        found = None
    print(json.dumps(None if found is None else asdict(found)))


if __name__ == "__main__":
    main()
