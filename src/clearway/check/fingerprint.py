"""What stays the same of a finding when lines move: the key of baselines and of code scanning."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clearway.model import Finding

LENGTH = 20
"""Hexadecimal digits: 80 bits, so that no two of a project's findings meet by chance."""


def fingerprinted(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings with their fingerprints: rule, root, the chain's functions, and the sink; no file, no line.

    Findings that have all of that in common are counted in their order, so that one more of them is a new one.
    """
    seen: Counter[str] = Counter()
    result = []
    for finding in findings:
        key = _key(finding)
        digest = hashlib.sha256(f"{key}\0{seen[key]}".encode("utf-8", "surrogatepass")).hexdigest()
        seen[key] += 1
        result.append(replace(finding, fingerprint=digest[:LENGTH]))
    return tuple(result)


def _key(finding: Finding) -> str:
    end = finding.sink.name if finding.sink else finding.chain[-1].calls
    return "\0".join((finding.rule, finding.root or "", *(link.function for link in finding.chain), end))
