"""The source distributions on the package index: fetched by pip, held to their pinned hash, unpacked anew."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
CACHE = ROOT / ".cache" / "compat"
PINS = HERE / "sdists.txt"

_PIN = re.compile(r"^(?P<name>[\w-]+)==(?P<version>\S+) --hash=sha256:(?P<sha256>[0-9a-f]{64})$", re.MULTILINE)


class SuiteError(Exception):
    """A suite cannot be run. The message is one line: what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Sdist:
    """One pinned source distribution."""

    name: str
    version: str
    sha256: str

    @property
    def archive(self) -> Path:
        return CACHE / f"{self.name}-{self.version}.tar.gz"

    def fetch(self, python: Path) -> Path:
        """The archive, from the cache or from the index that pip is configured for."""
        if not self._is_intact():
            self.archive.unlink(missing_ok=True)
            self._download(python)
            if not self._is_intact():
                raise SuiteError(f"{self.archive} has not the SHA-256 that {PINS.name} pins; look into why")
        return self.archive

    def unpack(self, archive: Path) -> Path:
        """A fresh copy of the suite, without the package itself: what is tested is what is installed."""
        folder = CACHE / f"{self.name}-{self.version}"
        shutil.rmtree(folder, ignore_errors=True)
        with tarfile.open(archive) as tar:
            tar.extractall(CACHE, filter="data")
        shutil.rmtree(folder / self.name)
        return folder

    def _is_intact(self) -> bool:
        return self.archive.is_file() and hashlib.sha256(self.archive.read_bytes()).hexdigest() == self.sha256

    def _download(self, python: Path) -> None:
        CACHE.mkdir(parents=True, exist_ok=True)
        pin = CACHE / f"{self.name}.txt"
        pin.write_text(f"{self.name}=={self.version} --hash=sha256:{self.sha256}\n", encoding="utf-8")
        command = [
            str(python), "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
            "--no-deps", "--no-binary", self.name, "--require-hashes", "-r", str(pin), "-d", str(CACHE),
        ]  # fmt: skip
        if subprocess.run(command, check=False).returncode:
            raise SuiteError(f"pip could not download the source distribution of {self.name} {self.version}")


def pinned(name: str, pins: Path = PINS) -> Sdist:
    """The pin of a package."""
    for match in _PIN.finditer(pins.read_text(encoding="utf-8")):
        if match["name"] == name:
            return Sdist(name, match["version"], match["sha256"])
    raise SuiteError(f"{pins} pins no source distribution of {name}")
