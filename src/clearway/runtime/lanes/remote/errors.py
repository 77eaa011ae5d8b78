"""Errors on their way back from another process: of their own class where that can be, with their traceback as text."""

from __future__ import annotations

import copyreg
import io
import pickle
import traceback
from typing import Any

from clearway.model import CannotTravel, WorkerLost

PROTOCOL = pickle.HIGHEST_PROTOCOL


class RemoteTraceback(Exception):
    """The traceback of an exception in the process where it was raised; the cause of what is raised here."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return f'\n"""\n{self.text}"""'


def pack(error: BaseException, name: str, here: str) -> bytes:
    """An error as bytes, one that cannot be sent as a CannotTravel in its place.

    `name` is the call's id, `here` the file whose frames are left out of the traceback: that of the caller.
    """
    text = _text_of(error, here)
    if not isinstance(error, Exception):  # SystemExit and its like would end the loop that they are raised in
        error = WorkerLost(f"{name} raised {one_line(error)}")
    for form in (error, _state_of(error)):
        try:
            packed = _pickled((form, text))
            if _same(_rebuilt(pickle.loads(packed)[0]), error):
                return packed
        except Exception:
            continue  # an `__init__` with arguments of its own, something unpicklable inside
    stand_in = CannotTravel(f"{name} raised {one_line(error)}, and this {type(error).__name__} cannot be sent")
    return pickle.dumps((stand_in, text), PROTOCOL)


def unpack(packed: tuple[Any, str]) -> BaseException:
    """The error, with the other side's traceback as its cause, from what `pickle.loads` makes of the bytes."""
    form, text = packed
    error = _rebuilt(form)
    error.__cause__ = RemoteTraceback(text)
    return error


def _pickled(form: Any) -> bytes:
    """As Python pickles errors: packages such as Dask put other ways in its place, for the whole process."""
    written = io.BytesIO()
    pickler = pickle.Pickler(written, PROTOCOL)
    pickler.dispatch_table = {
        kind: reduce for kind, reduce in copyreg.dispatch_table.items() if not issubclass(kind, BaseException)
    }
    pickler.dump(form)
    return written.getvalue()


def _text_of(error: BaseException, here: str) -> str:
    step = error.__traceback__
    while step is not None and step.tb_frame.f_code.co_filename == here:
        step = step.tb_next
    return "".join(traceback.format_exception(type(error), error, step))


def _state_of(error: BaseException) -> tuple[type[BaseException], tuple[Any, ...], dict[str, Any]]:
    """What pickle would take, to be put together without `__init__`: it often wants other arguments."""
    return type(error), error.args, dict(error.__dict__)


def _rebuilt(form: Any) -> BaseException:
    if isinstance(form, BaseException):
        return form
    kind, args, state = form
    error: BaseException = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


def _same(rebuilt: BaseException, error: BaseException) -> bool:
    return type(rebuilt) is type(error) and str(rebuilt) == str(error)


def one_line(error: BaseException) -> str:
    """`ValueError: what it says`, on one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
