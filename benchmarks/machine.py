"""What a result has to say about the machine and the versions it was measured with."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from benchmarks.servers import ROOT, clearway_command, plain_command

PACKAGES = ("clearway", "fastapi", "starlette", "anyio", "pydantic", "uvicorn", "uvloop", "httptools")


def describe(quick: bool, noise: bool) -> dict[str, Any]:
    """The meta data of a run, taken before it: the load average is that of the minute before."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 2),
        "commit": _commit(),
        "command": ["python", "-m", "benchmarks", *sys.argv[1:]],
        "quick": quick,
        "noise_only": noise,
        "versions": {name: _version(name) for name in PACKAGES},
        "servers": {
            "plain": ["python", *plain_command(0)[1:]],
            "clearway": ["python", *clearway_command(0, 0)[1:]],
        },
    }


def caption(about: dict[str, Any]) -> str:
    """One line of it."""
    versions = about["versions"]
    kind = " · quick run" if about["quick"] else ""
    return (
        f"{about['processors']} cores · Python {about['python']} · FastAPI {versions['fastapi']} · "
        f"uvicorn {versions['uvicorn']} · {about['date'][:10]}{kind}"
    )


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _commit() -> str | None:
    """The commit, with a `+` where the files differ from it; None outside of git."""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--exclude=*"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None
