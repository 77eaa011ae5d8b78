"""Lines of source files, read when they are wanted and not kept.

`linecache` keeps every line of every file that was ever asked for: in a service that stalls here and there in its
libraries, some ten megabytes after a while.
"""

from __future__ import annotations

import linecache
import tokenize
from itertools import islice
from typing import Any


def lines_of(file: str, first: int, last: int, scope: dict[str, Any]) -> list[str]:
    """The lines from `first` to `last`, both counted from 1; fewer where the file has fewer. Raises nothing.

    `scope` are the globals of the code: what is in no file, as in an archive, its loader may know.
    """
    try:
        with tokenize.open(file) as opened:
            return list(islice(opened, first - 1, last))
    except (OSError, SyntaxError, UnicodeDecodeError):
        return linecache.getlines(file, scope)[first - 1 : last]
