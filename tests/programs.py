"""Programs that some tests need and Python does not bring. CI installs them: there, one that is missing is a fault."""

from __future__ import annotations

import os
import shutil

import pytest

IN_CI = "CLEARWAY_CI"


def program(*names: str, package: str) -> str:
    """The path of the first that is installed. Without any, the test is skipped, and says why; in CI it fails."""
    for name in names:
        if (path := shutil.which(name)) is not None:
            return path
    missing = f"needs {names[0]}: apt-get install {package}"
    if os.environ.get(IN_CI):
        pytest.fail(missing)
    pytest.skip(missing)
