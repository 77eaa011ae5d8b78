"""Where a report's files are seen from, for services that show findings in a repository's own files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Place:
    """Turns a file of a result, relative to the project's root, into one relative to the repository."""

    root: Path
    """The project's."""
    repository: Path | None = None
    """The checkout's folder; None where the project's root is all that is known."""

    def file(self, file: str) -> str:
        if self.repository is None or file.startswith("/"):
            return file
        path = os.path.relpath((self.root / file).resolve(), self.repository.resolve())
        return file if path.startswith(os.pardir) else path.replace(os.sep, "/")

    def uri(self, file: str) -> str:
        """A relative URI reference, percent-encoded; for a file of an installed package, which is absolute, a URI."""
        # A colon in the first segment would read as a scheme; names that are not UTF-8 arrive with surrogates.
        name = quote(self.file(file), safe="/", errors="surrogateescape")
        return f"file://{name}" if name.startswith("/") else name
