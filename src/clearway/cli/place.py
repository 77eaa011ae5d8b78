"""Where something happened, as one line: the user's own frame of a traceback or of a running thread."""

from __future__ import annotations

import os
import sysconfig
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from clearway.model import shown

if TYPE_CHECKING:
    from types import CodeType, FrameType


_FOREIGN = tuple(
    {
        os.path.realpath(folder) + os.sep
        for folder in (
            *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
            str(Path(__file__).parent.parent),
        )
    }
)
"""Folders whose code is not the user's: the standard library, installed packages, Clearway."""

LONGEST_MESSAGE = 300


def described(error: BaseException) -> str:
    """Type and message of an exception on one line, and the user's line that raised it if there is one."""
    message = " ".join(str(error.msg if isinstance(error, SyntaxError) else error).split())
    if len(message) > LONGEST_MESSAGE:
        message = message[:LONGEST_MESSAGE] + "…"
    text = f"{type(error).__name__}: {message}" if message else type(error).__name__
    where = _raised_at(error)
    return f"{text} ({where})" if where else text


def _raised_at(error: BaseException) -> str | None:
    if isinstance(error, SyntaxError) and error.filename:
        return f"{shown(error.filename)}:{error.lineno}"
    for entry in reversed(traceback.extract_tb(error.__traceback__)):
        if is_users(entry.filename):
            return f"{shown(entry.filename)}:{entry.lineno}"
    return None


def users_line(frame: FrameType | None, outermost: CodeType) -> str | None:
    """`app.py:12 in bad`: the innermost line of the user's code on a running stack, up to `outermost`."""
    while frame is not None and frame.f_code is not outermost:
        if is_users(frame.f_code.co_filename):
            return f"{shown(frame.f_code.co_filename)}:{frame.f_lineno} in {frame.f_code.co_name}"
        frame = frame.f_back
    return None


def is_users(filename: str) -> bool:
    """Whether this file is neither the standard library's, an installed package's nor Clearway's."""
    if filename.startswith("<"):
        return False
    return not os.path.realpath(filename).startswith(_FOREIGN)
