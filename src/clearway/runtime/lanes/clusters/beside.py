"""Preloaded by the workers of an embedded cluster, which Dask starts in the process group of this process."""

from __future__ import annotations

import os


def dask_setup(worker: object) -> None:
    """Leave that group: a Ctrl-C in the terminal is for the server, which ends its workers when it has ended."""
    os.setpgid(0, 0)
