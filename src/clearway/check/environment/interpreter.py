"""Interpreters and virtual environments: where each keeps its packages. No code of theirs runs, `site` included."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

ANSWER_WITHIN_S = 10.0
_QUESTION = """
import json, site, sysconfig
paths = sysconfig.get_paths()
print(json.dumps({"sites": [paths["purelib"], paths["platlib"]] + site.getsitepackages()}))
"""
"""With -S `site` is imported and does nothing."""


class BrokenEnvironment(Exception):
    """No packages can be found there; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Prefix:
    """One installation of Python, or one environment."""

    executable: Path | None
    site_packages: tuple[Path, ...]
    warnings: tuple[str, ...] = ()


def was_environment(folder: Path) -> bool:
    """Whether a folder was an environment before its `pyvenv.cfg` went."""
    try:
        return bool(_sites(folder))
    except (OSError, ValueError):
        return False


def is_environment(folder: Path) -> bool:
    """Whether this is the folder of a virtual environment, or of one of conda's."""
    try:
        return (folder / "pyvenv.cfg").is_file() or (folder / "conda-meta").is_dir()
    except (OSError, ValueError):
        return False


def read_environment(folder: Path, *, must_run: bool) -> Prefix:
    """A virtual environment, read from its files. Raises BrokenEnvironment.

    One whose base interpreter is gone can still be read; `must_run` refuses it.
    """
    config = _config(folder / "pyvenv.cfg")
    sites = _sites(folder)
    if not sites:
        raise BrokenEnvironment("an environment without site-packages; make it anew")
    warnings = []
    if not is_environment(folder):
        warnings.append(f"{folder}: it has no pyvenv.cfg any more; the packages in it were read all the same")
    home = Path(config["home"]) if config.get("home") else None
    if home is not None and not home.is_dir():
        if must_run:
            raise BrokenEnvironment(f"a broken environment: its Python in {home} is gone; make it anew")
        warnings.append(f"{folder}: its Python in {home} is gone; the packages in it were read all the same")
    if home is not None and config.get("include-system-site-packages", "").lower() == "true":
        sites += _base_sites(home, sites)
    return Prefix(_executable(folder), tuple(dict.fromkeys(sites)), tuple(warnings))


def own_prefix() -> Prefix:
    """The interpreter that runs Clearway."""
    prefix = Path(sys.prefix)
    if is_environment(prefix):
        try:
            found = read_environment(prefix, must_run=False)
        except BrokenEnvironment:
            pass
        else:
            return Prefix(Path(sys.executable), found.site_packages, found.warnings)
    paths = sysconfig.get_paths()
    sites = [Path(paths[key]) for key in ("purelib", "platlib") if os.path.isdir(paths[key])]
    return Prefix(Path(sys.executable) if sys.executable else None, tuple(dict.fromkeys(sites)))


def ask(executable: Path) -> Prefix:
    """Where an interpreter outside of environments keeps its packages. Raises BrokenEnvironment."""
    command = [str(executable), "-I", "-S", "-c", _QUESTION]
    try:
        answer = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=ANSWER_WITHIN_S, check=True
        )
        sites = [Path(site) for site in json.loads(answer.stdout)["sites"]]
    except subprocess.TimeoutExpired:
        raise BrokenEnvironment(f"gave no answer within {ANSWER_WITHIN_S:g} s; name a Python interpreter") from None
    except OSError as error:
        raise BrokenEnvironment(f"cannot be run ({error.strerror or error}); name a Python interpreter") from None
    except (subprocess.SubprocessError, ValueError, KeyError, TypeError):
        raise BrokenEnvironment("does not answer as a Python 3 interpreter does; name one") from None
    existing = tuple(dict.fromkeys(site for site in sites if site.is_dir()))
    if not existing:
        raise BrokenEnvironment("an interpreter without site-packages; name the environment of your service")
    return Prefix(executable, existing)


def _config(path: Path) -> dict[str, str]:
    """`pyvenv.cfg`, as `site` reads it; nothing for conda's environments, which have none."""
    try:
        text = path.read_bytes().decode("utf-8", "replace")
    except OSError:
        return {}
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {key.strip().lower(): value.strip() for key, _, value in pairs}


def _sites(folder: Path) -> list[Path]:
    """`lib/python3.11/site-packages`, and `Lib/site-packages` on Windows; the newest first where there are several."""
    versioned = sorted(_versions(folder / "lib"), reverse=True) + sorted(_versions(folder / "lib64"), reverse=True)
    places = [place / "site-packages" for _, place in versioned] + [folder / "Lib" / "site-packages"]
    by_real = {os.path.realpath(place): place for place in reversed(places) if place.is_dir()}
    return [place for place in places if by_real.get(os.path.realpath(place)) == place]


def _versions(library: Path) -> list[tuple[tuple[int, int], Path]]:
    try:
        names = os.listdir(library)
    except OSError:
        return []
    matches = (re.fullmatch(r"(?:python|pypy)(\d+)\.(\d+)t?", name) for name in names)
    return [((int(match[1]), int(match[2])), library / match[0]) for match in matches if match]


def _base_sites(home: Path, sites: list[Path]) -> list[Path]:
    """Where the interpreter in `home` keeps its packages, for the version that the environment is of."""
    version = sites[0].parent.name
    base = home.parent
    places = [
        base / "local" / "lib" / version / "dist-packages",  # Debian's
        base / "lib" / version / "site-packages",
        base / "lib" / "python3" / "dist-packages",
        home / "Lib" / "site-packages",  # on Windows the interpreter lies in the prefix itself
    ]
    return [place for place in places if place.is_dir()]


def _executable(folder: Path) -> Path | None:
    for place in (folder / "bin" / "python", folder / "bin" / "python3", folder / "Scripts" / "python.exe"):
        if place.exists():
            return place
    return folder / "python.exe" if (folder / "python.exe").exists() else None
