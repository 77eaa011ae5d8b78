"""`clearway check --fix` and `--diff`: the safe edits of findings, written to the files or shown."""

from __future__ import annotations

import difflib
import io
import os
import re
import shutil
import tempfile
import tokenize
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clearway.check.fix import apply_together, parts_of
from clearway.model import ClearwayError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from clearway.check.report.selection import Selection

MOST_ROUNDS = 10
"""One edit can uncover another; a set of edits that is not done by then contradicts itself."""

_LINE = re.compile(r"[^\n]*\n|[^\n]+")


@dataclass(frozen=True, slots=True)
class Edit:
    """What becomes of one file."""

    file: str
    path: Path
    before: str
    after: str
    encoding: str


@dataclass(frozen=True, slots=True)
class Fixed:
    """What `fix_all` did."""

    selection: Selection
    """As it is afterwards."""
    files: tuple[str, ...]
    findings: int
    """How many findings with a fix are gone."""
    notes: tuple[str, ...]


def fix_all(selection: Selection, check: Callable[[], Selection]) -> Fixed:
    """Edit the files, check again, and so on until there is nothing more to do. Raises ClearwayError."""
    files: dict[str, None] = {}
    findings = 0
    notes: dict[str, None] = {}
    for _ in range(MOST_ROUNDS):
        edits, troubles = edits_of(selection)
        notes |= dict.fromkeys(troubles)
        if not edits:
            break
        for edit in edits:
            _write(edit)
            files[edit.file] = None
        fixable = {finding.fingerprint for finding in selection.shown if finding.fix is not None}
        selection = check()
        findings += len(fixable - {finding.fingerprint for finding in selection.shown})
    else:
        notes[f"there is still something to fix after {MOST_ROUNDS} rounds; look at --diff"] = None
    return Fixed(selection, tuple(files), findings, tuple(notes))


def edits_of(selection: Selection) -> tuple[list[Edit], list[str]]:
    """What the fixes of the shown findings make of the files, and why some of them are left as they are."""
    fixes = dict.fromkeys(finding.fix for finding in selection.shown if finding.fix is not None)
    files = dict.fromkeys(part.file for fix in fixes for part in parts_of(fix))
    texts: dict[str, str] = {}
    encodings: dict[str, str] = {}
    troubles: dict[str, str] = {}
    for file in files:
        try:
            texts[file], encodings[file] = _read(selection.result.root / file)
        except (OSError, ValueError, SyntaxError) as error:  # SyntaxError: an encoding that there is not
            troubles[file] = str(getattr(error, "strerror", None) or error)
    together = apply_together(texts, fixes)
    edits = [
        Edit(file, selection.result.root / file, texts[file], together.texts[file], encodings[file])
        for file in files
        if together.texts.get(file, texts.get(file)) != texts.get(file)
    ]
    return edits, [f"{file}: not fixed: {trouble}" for file, trouble in (troubles | together.troubles).items()]


def _read(path: Path) -> tuple[str, str]:
    """A file's text and its encoding."""
    data = path.read_bytes()
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    return data.decode(encoding), encoding


def _write(edit: Edit) -> None:
    """Replace the file in one step: whatever happens, there is the old text or the new one."""
    path = edit.path.resolve()  # a link stays a link
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(edit.after.encode(edit.encoding))
            shutil.copymode(path, name)
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except (OSError, UnicodeEncodeError) as error:
        raise ClearwayError(f"{edit.file}: not fixed: {getattr(error, 'strerror', None) or error}") from None


def diff_lines(edits: Sequence[Edit]) -> Iterator[str]:
    """A unified diff as `git apply` and `patch -p1` take it, lines with their ends."""
    for edit in edits:
        before, after = _LINE.findall(edit.before), _LINE.findall(edit.after)
        for line in difflib.unified_diff(before, after, f"a/{edit.file}", f"b/{edit.file}"):
            yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
