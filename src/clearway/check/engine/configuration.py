"""The configuration that a run of pyrefly gets: always our own, whatever the project says of type checking.

A project's own settings may skip the bodies of functions without annotations, or turn its imports into `Any`.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from clearway.check.engine.runs import Run

_FIXED = """\
preset = "default"
check-unannotated-defs = true
infer-return-types = "checked"
python-version = "3.15"
python-platform = "linux"
site-package-path = []
skip-interpreter-query = true
project-excludes = []
disable-project-excludes-heuristics = true
disable-search-path-heuristics = true
use-ignore-files = false
"""
"""The newest Python that it knows, no installed packages, and no file left out for where it stands or is ignored."""


def configuration(run: Run) -> str:
    """The text of the run's `pyrefly.toml`. It names the files: a command line cannot hold tens of thousands."""
    files = (file.path for file in run.files)
    return f"{_FIXED}search-path = {_array(run.search_path)}\nproject-includes = {_array(files, pattern=True)}\n"


def _array(paths: Iterable[Path], *, pattern: bool = False) -> str:
    texts = (os.fspath(path) for path in paths)
    # A name that is not UTF-8 cannot stand in a TOML file: such a file stays unanswered.
    written = [_literal(text) if pattern else text for text in texts if _is_unicode(text)]
    return "[\n" + "".join(f"  {_string(text)},\n" for text in written) + "]"


def _literal(text: str) -> str:
    """A glob pattern that only this path matches."""
    return "".join(f"[{character}]" if character in "*?[]" else character for character in text)


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")  # JSON may hold DEL as it is, TOML not


def _is_unicode(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
