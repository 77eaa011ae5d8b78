"""The findings that a project has accepted for now: a ratchet that lets no new one in."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from clearway.model import ClearwayError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from clearway.model import Finding

SCHEMA = "clearway.baseline/1"
DEFAULT_NAME = "clearway-baseline.json"


class BaselineError(ClearwayError):
    """A baseline file cannot be read or written."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """Known findings by their fingerprint. What stands with a fingerprint is for people who read the file."""

    entries: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> Baseline:
        return cls({finding.fingerprint: _entry(finding) for finding in findings})

    @classmethod
    def load(cls, path: Path) -> Baseline:
        """Raises BaselineError."""
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise BaselineError(f"baseline {path}: {error.strerror or error}; write it with --write-baseline") from None
        except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
            why = "nested too deeply" if isinstance(error, RecursionError) else error
            raise BaselineError(f"baseline {path}: not JSON ({why}); write it again with --write-baseline") from None
        return cls._parse(data, path)

    @classmethod
    def _parse(cls, data: Any, path: Path) -> Baseline:
        if not isinstance(data, dict) or data.get("schema") != SCHEMA:
            found = data.get("schema") if isinstance(data, dict) else type(data).__name__
            raise BaselineError(
                f"baseline {path}: schema is {found!r}, expected {SCHEMA!r}; write it again with --write-baseline"
            )
        entries: dict[str, Mapping[str, str | None]] = {}
        findings = data.get("findings")
        for entry in findings if isinstance(findings, list) else [None]:
            if not isinstance(entry, dict) or not isinstance(entry.get("fingerprint"), str):
                raise BaselineError(
                    f"baseline {path}: 'findings' has to be a list of entries with a fingerprint; "
                    f"write it again with --write-baseline"
                )
            entries[entry["fingerprint"]] = {key: value for key, value in entry.items() if key != "fingerprint"}
        return cls(entries)

    def dump(self, path: Path) -> None:
        """Write the file, sorted so that version control shows what came and went. Raises BaselineError."""
        findings = [{"fingerprint": fingerprint, **entry} for fingerprint, entry in self.entries.items()]
        findings.sort(key=lambda entry: tuple(str(entry.get(key) or "") for key in ("root", "rule", "fingerprint")))
        try:
            path.write_text(json.dumps({"schema": SCHEMA, "findings": findings}, indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise BaselineError(f"baseline {path}: {error.strerror or error}") from None

    def knows(self, finding: Finding) -> bool:
        return finding.fingerprint in self.entries

    def gone(self, findings: Iterable[Finding]) -> int:
        """How many entries are of none of these findings: they can be removed."""
        return len(self.entries.keys() - {finding.fingerprint for finding in findings})


def _entry(finding: Finding) -> dict[str, str | None]:
    return {
        "rule": finding.rule,
        "root": finding.root,
        "sink": finding.sink.name if finding.sink else None,
        "file": finding.file,
    }
