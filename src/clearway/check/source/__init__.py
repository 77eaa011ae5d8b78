"""Text and syntax tree of a file, whichever Python it was written for."""

from __future__ import annotations

from clearway.check.source.reading import MOST_BYTES, Source, Unreadable, digest_of, parse, parse_bytes, read

__all__ = ["MOST_BYTES", "Source", "Unreadable", "digest_of", "parse", "parse_bytes", "read"]
