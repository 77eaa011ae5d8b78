"""Stacks of other threads: walked, cut to the callback, and sorted into the user's code and the rest.

A stack is kept as code objects and lines. Keeping frames would keep the user's local
variables alive, and would let them die on the watchdog's thread.
"""

from __future__ import annotations

import asyncio
import sys
import sysconfig
from asyncio.events import Handle
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from clearway.model import Frame
from clearway.runtime.portal import outer_frame

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from types import CodeType, FrameType

HANDLE_RUN = Handle._run.__code__
_MOST_FRAMES = 5_000
_MOST_STEPS = 128
_OUTER_STEPS = 32
_CLEARWAY = str(Path(__file__).resolve().parents[2]) + "/"
_STDLIB = tuple({f"{folder}/" for name in ("stdlib", "platstdlib") if (folder := sysconfig.get_path(name)) is not None})
_INSTALLED = ("/site-packages/", "/dist-packages/")


class Origin(Enum):
    """Whose code a frame runs."""

    USER = "user"
    LIBRARY = "library"
    STDLIB = "stdlib"
    CLEARWAY = "clearway"


_claimed: list[str] = []
_origins: dict[str, Origin] = {}


def claim_folder(folder: str | Path) -> None:
    """Count the code below `folder` as the user's own, also where it is installed in site-packages."""
    claim = str(Path(folder).resolve()) + "/"
    if claim not in _claimed:
        _claimed.append(claim)
        _origins.clear()


def origin_of(code: CodeType) -> Origin:
    """Whose code this is, told from its file."""
    origin = _origins.get(code.co_filename)
    if origin is None:
        origin = _origins[code.co_filename] = _origin_of_file(code.co_filename.replace("\\", "/"))
    return origin


def _origin_of_file(file: str) -> Origin:
    if file.startswith(_CLEARWAY):
        return Origin.CLEARWAY
    if any(file.startswith(folder) for folder in _claimed):
        return Origin.USER
    if any(part in file for part in _INSTALLED):
        return Origin.LIBRARY
    if file.startswith("<") or file.startswith(_STDLIB):
        # `<string>` and `<frozen …>` are generated: no line of theirs could be shown to the user.
        return Origin.STDLIB
    return Origin.USER


class Step(NamedTuple):
    """One frame, without the frame."""

    code: CodeType
    line: int

    def frame(self) -> Frame:
        """The step as the recorder and the console show it."""
        return Frame(self.code.co_filename, self.line, self.code.co_qualname)


class Stack(NamedTuple):
    """The frames of one thread at one moment, innermost first."""

    frames: list[FrameType]
    idle: bool
    """The loop's thread was not inside a callback: it polls, or runs the loop's own code."""

    def steps(self) -> tuple[Step, ...]:
        """The same, outermost first, without the frames. A deep recursion loses its middle."""
        frames = self.frames
        if len(frames) > _MOST_STEPS:
            frames = frames[: _MOST_STEPS - _OUTER_STEPS] + frames[-_OUTER_STEPS:]
        return tuple(Step(frame.f_code, frame.f_lineno or frame.f_code.co_firstlineno) for frame in reversed(frames))


def walk(frame: FrameType | None) -> Stack:
    """All frames of a thread that runs no loop."""
    frames: list[FrameType] = []
    while frame is not None and len(frames) < _MOST_FRAMES:
        frames.append(frame)
        frame = outer_frame(frame)
    return Stack(frames, idle=False)


def walk_callback(frame: FrameType | None, base: CodeType) -> Stack:
    """The frames above `base`, the code from which the loop enters callbacks.

    asyncio enters them from `Handle._run`; uvloop has no frames of its own, so there `base` is the code that
    started the loop. What lies below it (`asyncio.run`, the user's `main`) is never to blame for a stall.
    """
    frames: list[FrameType] = []
    innermost = frame
    while frame is not None and len(frames) < _MOST_FRAMES:
        if frame.f_code is base:
            in_c_callback = innermost is frame and base is HANDLE_RUN
            return Stack(frames, idle=not frames and not in_c_callback)
        frames.append(frame)
        frame = outer_frame(frame)
    return Stack(frames, idle=len(frames) < _MOST_FRAMES)


def base_of(loop: AbstractEventLoop) -> CodeType | None:
    """The code from which the loop enters callbacks, asked for in one of them. None where that cannot be told: in a
    callback of uvloop's that is no step of a task."""
    task = asyncio.current_task(loop) if loop.is_running() else None
    outermost = None if task is None else getattr(task.get_coro(), "cr_frame", None)
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code is HANDLE_RUN:
            return HANDLE_RUN
        caller = outer_frame(frame)
        if frame is outermost and caller is not None and caller.f_code is not HANDLE_RUN:
            return caller.f_code
        frame = caller
    return None


def in_user_code(stack: Stack) -> bool:
    """The thread is at a line of its own, not waiting in the stdlib as idle workers do."""
    return bool(stack.frames) and origin_of(stack.frames[0].f_code) in (Origin.USER, Origin.LIBRARY)


def user_steps(steps: tuple[Step, ...]) -> list[Step]:
    """The lines of the user's own code, outermost first."""
    return [step for step in steps if origin_of(step.code) is Origin.USER]
