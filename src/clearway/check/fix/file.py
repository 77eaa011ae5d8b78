"""A source file's text, read and replaced with its encoding, byte order mark, line endings and permissions kept."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import tempfile
import tokenize
from pathlib import Path


def read(path: Path) -> str:
    """The file's text as it stands, line endings untouched, without a byte order mark.

    Raises OSError, SyntaxError for an encoding that Python does not know, UnicodeDecodeError.
    """
    return _decoded(path.read_bytes())


def write(path: Path, text: str) -> None:
    """Replace the file by this text, in the encoding that it has, in one step: it is never seen half written.

    Where the file's lines all end with CRLF and the text's all with LF, the text is taken to be one that was read with
    line endings translated, and gets them back. Raises what `read` raises, and UnicodeEncodeError where the file's
    encoding has no such character; the file is then as it was.
    """
    path = Path(os.path.realpath(path))  # a link stays a link
    before = path.read_bytes()
    text = text.removeprefix("\ufeff")
    if "\r" not in text and _only_crlf(_decoded(before)):
        text = text.replace("\n", "\r\n")
    mark = codecs.BOM_UTF8 if before.startswith(codecs.BOM_UTF8) else b""
    _replace(path, mark + text.encode(_encoding(before)))


def _encoding(content: bytes) -> str:
    encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    return "utf-8" if encoding == "utf-8-sig" else encoding


def _decoded(content: bytes) -> str:
    return content.removeprefix(codecs.BOM_UTF8).decode(_encoding(content))


def _only_crlf(text: str) -> bool:
    return "\r\n" in text and "\n" not in text.replace("\r\n", "") and "\r" not in text.replace("\r\n", "")


def _replace(path: Path, content: bytes) -> None:
    if not os.access(path, os.W_OK):  # replacing a file asks leave of its folder only
        raise PermissionError(13, "Permission denied", str(path))
    mode = path.stat().st_mode & 0o7777
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".new")
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, mode)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
