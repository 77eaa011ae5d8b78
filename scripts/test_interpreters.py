"""Run the tests on every supported interpreter that is on this machine.

First in `.venv`, whichever interpreter that has, then in `.venv-3.12` and `.venv-3.13`, made from the same
lock, where such an interpreter is found on PATH or below `~/.pyenv/versions`; there without the tests marked `once`.
`CLEARWAY_PYTHONS=current`, or `--current`, leaves it at the first. Other arguments go to pytest. Needs nothing but the
standard library.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

# Three, where there are two cores: what serves waits more than it computes. Each room's tests that serve keep to one.
SIDE_BY_SIDE = ("-n", "3", "--dist", "loadgroup", "--durations", "10", "--durations-min", "5")
ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements" / "dev.lock"
OTHERS = ("3.12", "3.13")


def main() -> int:
    arguments = sys.argv[1:]
    only_current = os.environ.get("CLEARWAY_PYTHONS") == "current"
    if "--current" in arguments:
        arguments.remove("--current")
        only_current = True
    current = f"{sys.version_info.major}.{sys.version_info.minor}"
    others = [] if only_current else [version for version in OTHERS if version != current]
    pythons = {version: python for version in others if (python := found(version)) is not None}
    with ThreadPoolExecutor() as pool:
        environments = dict(zip(pythons, pool.map(made, pythons, pythons.values()), strict=True))
    results = {current: tested(current, sys.executable, arguments)}
    for version in others:
        if version not in pythons:
            print(f"== Python {version}: not on this machine, skipped", flush=True)
            continue
        environment = environments[version]
        results[version] = environment is not None and tested(version, environment, ["-m", "not once", *arguments])
    for version, passed in results.items():
        print(f"Python {version}: {'passed' if passed else 'FAILED'}", flush=True)
    return 0 if all(results.values()) else 1


def found(version: str) -> str | None:
    """An interpreter of this version that runs; pyenv puts names on PATH that may not."""
    candidates = [shutil.which(f"python{version}")]
    versions = Path.home() / ".pyenv" / "versions"
    if versions.is_dir():
        candidates += [str(path / "bin" / "python") for path in sorted(versions.glob(f"{version}*"), reverse=True)]
    return next((path for path in candidates if path and version_of(path) == version), None)


def version_of(python: str) -> str | None:
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        ran = subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return ran.stdout.strip() if ran.returncode == 0 else None


def made(version: str, python: str) -> str | None:
    """The interpreter of an environment with the locked dependencies; None where it could not be made."""
    folder = ROOT / f".venv-{version}"
    own_python = str(folder / "bin" / "python")
    stamp = folder / ".installed"
    state = hashlib.sha256(LOCK.read_bytes() + (ROOT / "pyproject.toml").read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == state and version_of(own_python) == version:
        return own_python
    print(f"== Python {version}: making {folder.name}\n", end="", flush=True)  # in one piece: two are made at once
    pip = [own_python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    steps = [
        [python, "-m", "venv", "--clear", str(folder)],
        [*pip, "--require-hashes", "-r", str(LOCK)],
        [*pip, "--no-deps", "--no-build-isolation", "-e", str(ROOT)],
    ]
    for step in steps:
        if subprocess.run(step, check=False).returncode != 0:
            print(f"== Python {version}: failed: {' '.join(step)}", file=sys.stderr, flush=True)
            return None
    stamp.write_text(state)
    return own_python


def tested(version: str, python: str, arguments: list[str]) -> bool:
    print(f"== Python {version}: {python}", flush=True)
    return subprocess.run([python, "-m", "pytest", *SIDE_BY_SIDE, *arguments], cwd=ROOT, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
