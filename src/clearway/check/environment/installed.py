"""Where the project's installed packages live. Nothing of them is imported."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from clearway.check.environment.interpreter import (
    BrokenEnvironment,
    Prefix,
    ask,
    is_environment,
    own_prefix,
    read_environment,
    was_environment,
)
from clearway.check.environment.site_packages import read_path_files, recorded
from clearway.model import ClearwayError, shown

OWN_NAMES = (".venv", "venv", "env")


@dataclass(frozen=True, slots=True)
class Distribution:
    """An installed distribution."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Environment:
    """An interpreter's installed packages."""

    executable: Path | None
    site_packages: tuple[Path, ...]
    """In the order of `sys.path`; folders that `.pth` files name included."""
    warnings: tuple[str, ...] = ()
    editable: tuple[tuple[str, Path], ...] = ()
    """Top-level names of editable installs that no folder leads to, and the package's folder or the module's file."""
    _modules: dict[str, Path | None] = field(default_factory=dict, repr=False, compare=False)
    _owners: dict[Path, dict[str, Distribution]] = field(default_factory=dict, repr=False, compare=False)

    def module(self, name: str) -> Path | None:
        """The file of an installed module by its dotted name, `.py` before `.pyi`; None where there is none."""
        if name not in self._modules:
            self._modules[name] = self._locate(name)
        return self._modules[name]

    def distribution(self, path: Path) -> Distribution | None:
        """The distribution that installed this file, from its `RECORD`; None where none says so."""
        place = os.path.normpath(path)
        for site in self.site_packages:
            if place.startswith(f"{site}{os.sep}"):
                if site not in self._owners:
                    self._owners[site] = {
                        file: owner
                        for name, version, files in recorded(site)
                        for owner in [Distribution(name, version)]
                        for file in files
                    }
                if (owner := self._owners[site].get(place)) is not None:
                    return owner
        return None

    def _locate(self, name: str) -> Path | None:
        top, *below = name.split(".")
        if not all(part.isidentifier() for part in (top, *below)):
            return None
        places = [place.joinpath(*below) for known, place in self.editable if known == top]
        places += [site.joinpath(top, *below) for site in self.site_packages]
        for suffix in (".py", ".pyi"):
            for place in places:
                for file in (place / f"__init__{suffix}", place.with_name(f"{place.name}{suffix}"), place):
                    if file.suffix == suffix and file.is_file():  # an editable module's place is its file
                        return file
        return None


def find_environment(root: Path, python: str | None = None) -> Environment:
    """The environment of `--python EXE`, else the project's own (`.venv`, `venv`, `VIRTUAL_ENV`), else Clearway's.

    Environments are looked for in the project's root, above it as far as its repository goes, and below it beside
    a nested `pyproject.toml`. `python` is an interpreter or the folder of an environment.
    Raises ClearwayError where `python` was given and is no interpreter, or its environment is broken.
    """
    if python is not None:
        try:
            return _environment([_given(python)], [])
        except BrokenEnvironment as error:
            raise ClearwayError(f"--python {python}: {error}") from None
    warnings: list[str] = []
    for folders in _candidates(Path(os.path.abspath(root))):
        prefixes = []
        for folder in folders:
            try:
                prefixes.append(read_environment(folder, must_run=False))
            except BrokenEnvironment as error:
                warnings.append(f"{shown(folder)}: {error}; looked elsewhere for installed packages")
        if prefixes:
            return _environment(prefixes, warnings)
    return _environment([own_prefix()], warnings)


def places_of(environment: Environment, root: Path, python: str | None) -> tuple[list[Path], list[Path]]:
    """The files and folders by which this environment was found: while they stay the same, so does the environment."""
    folders = _up_to_the_repository(Path(os.path.abspath(root)))
    homes = [folder / name for folder in folders for name in OWN_NAMES]
    homes += [Path(value) for key in ("VIRTUAL_ENV", "CONDA_PREFIX") if (value := os.environ.get(key))]
    homes += [Path(python)] if python is not None else []
    files = [home / "pyvenv.cfg" for home in homes]
    for site in environment.site_packages:
        files += sorted(site.glob("*.pth")) + sorted(site.glob("__editable__*_finder.py"))
    if python is not None and environment.executable is not None:
        files.append(environment.executable)
    return files, [*folders, *environment.site_packages]


def _environment(prefixes: list[Prefix], warnings: list[str]) -> Environment:
    """One environment of these, the first one's interpreter and everybody's packages."""
    sites: list[Path] = []
    added: list[Path] = []
    editable: dict[str, Path] = {}
    for prefix in prefixes:
        warnings += prefix.warnings
        for site in prefix.site_packages:
            sites.append(site)
            path_files = read_path_files(site)
            added += path_files.folders
            for name, place in path_files.modules.items():
                editable.setdefault(name, place)
    return Environment(
        executable=prefixes[0].executable,
        site_packages=tuple(dict.fromkeys([*sites, *added])),
        warnings=tuple(warnings),
        editable=tuple(sorted(editable.items())),
    )


def _given(python: str) -> Prefix:
    """The installation that the user names by a folder, a path or a command."""
    if not python.strip() or "\0" in python:
        raise BrokenEnvironment("no interpreter is named; give an executable or the folder of an environment")
    place = Path(os.path.abspath(os.path.expanduser(python)))
    if place.is_dir():
        if is_environment(place):
            return read_environment(place, must_run=True)
        raise BrokenEnvironment("a folder that is no virtual environment; name one, or an interpreter")
    found = str(place) if place.exists() or os.sep in python else shutil.which(python)
    if found is None or not os.path.exists(found):
        raise BrokenEnvironment("there is no such interpreter; give an executable or the folder of an environment")
    if not os.access(found, os.X_OK):
        raise BrokenEnvironment("a file that cannot be executed; name a Python interpreter")
    # Not resolved: that the executable lies in an environment shows only where its link lies.
    prefix = Path(found).parent.parent
    return read_environment(prefix, must_run=True) if is_environment(prefix) else ask(Path(found))


def _candidates(root: Path) -> list[list[Path]]:
    """Folders of environments, the best first; those that stand together belong to parts of one project."""
    groups = []
    for folder in _up_to_the_repository(root):
        groups += [[folder / name] for name in OWN_NAMES]
        if folder == root:
            groups.append(_nested(root))
    groups += [[Path(value)] for key in ("VIRTUAL_ENV", "CONDA_PREFIX") if (value := os.environ.get(key))]
    found = [[folder for folder in group if is_environment(folder) or was_environment(folder)] for group in groups]
    return [group for group in found if group]


def _nested(root: Path) -> list[Path]:
    try:
        with os.scandir(root) as entries:
            children = sorted(entry.path for entry in entries if not entry.name.startswith(".") and entry.is_dir())
    except OSError:
        return []
    projects = [Path(child) for child in children if os.path.exists(os.path.join(child, "pyproject.toml"))]
    return [project / name for project in projects for name in OWN_NAMES if is_environment(project / name)]


def _up_to_the_repository(root: Path) -> list[Path]:
    """The root, and the folders above it when it lies in a repository: one environment may serve all of its parts."""
    folders = []
    for folder in (root, *root.parents):
        folders.append(folder)
        if (folder / ".git").exists():
            return folders
    return [root]
