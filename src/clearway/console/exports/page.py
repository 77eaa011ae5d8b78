"""A recording as one HTML file that needs no server: the console's page with script, style and lines in it.

The lines stand in a data block, where a `<` would be markup's only way out: each is written as JSON's escape. The
page's policy allows its own script and style by their hashes, and nothing else, no request either.
"""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from clearway.model import ClearwayError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

ASSETS = Path(__file__).parent.parent.parent / "web_assets"
_SCRIPT = re.compile(r'<script type="module"[^>]* src="\./assets/([\w.-]+)"></script>')
_STYLE = re.compile(r'<link rel="stylesheet"[^>]* href="\./assets/([\w.-]+)">')
_BLOCK = '<script type="application/x-ndjson" id="recording">'


def write_page(lines: Iterable[bytes], out: BinaryIO, assets: Path = ASSETS) -> None:
    """Write the lines of a recording, with their ends, as a page. `assets`: the built files of the console's page.

    Raises ClearwayError where that was not built, OSError as the file does.
    """
    out.writelines(page_pieces(lines, assets))


def page_pieces(lines: Iterable[bytes], assets: Path = ASSETS) -> Iterator[bytes]:
    """The same bit by bit. Raises ClearwayError at once."""
    before, after = _around(assets)
    return _pieces(before, lines, after)


def _pieces(before: bytes, lines: Iterable[bytes], after: bytes) -> Iterator[bytes]:
    yield before
    for line in lines:
        yield line.replace(b"<", b"\\u003c")  # in a line of JSON it can only stand in a string
    yield after


def _around(assets: Path) -> tuple[bytes, bytes]:
    """The page up to its recording, and from there on."""
    try:
        page = (assets / "index.html").read_text(encoding="utf-8")
        script, style = _SCRIPT.search(page), _STYLE.search(page)
        if script is None or style is None or page.count("./assets/") != 2:
            raise ClearwayError("the console's page is not of one script and one style sheet; build it again in web/")
        code = _in_script((assets / "assets" / script[1]).read_text(encoding="utf-8"))
        rules = _in_style((assets / "assets" / style[1]).read_text(encoding="utf-8"))
    except OSError:
        how = "run `npm ci && npm run build` in web/, or install a released Clearway"
        raise ClearwayError(f"the console's page has not been built: {how}") from None
    policy = (
        f"default-src 'none'; script-src '{_hash(code)}'; style-src '{_hash(rules)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    page = page.replace(style[0], f"<style>{rules}</style>")
    page = page.replace(script[0], f'<script type="module">{code}</script>')
    first = '<meta charset="utf-8" />'
    page = page.replace(first, f'{first}\n    <meta http-equiv="Content-Security-Policy" content="{policy}" />', 1)
    if "Content-Security-Policy" not in page:
        raise ClearwayError("the console's page does not say its charset first; build it again in web/")
    head, body, rest = page.rpartition("</body>")
    return f"{head}{_BLOCK}\n".encode(), f"</script>\n  {body}{rest}".encode()


def _in_script(code: str) -> str:
    """Nothing in it may end the element. In strings, where alone these occur, the escape means the same."""
    return re.sub(r"<(?=!--|/?script)", r"\\x3C", _one_kind_of_end(code), flags=re.IGNORECASE)


def _in_style(rules: str) -> str:
    return re.sub(r"</(?=style)", r"<\\/", _one_kind_of_end(rules), flags=re.IGNORECASE)


def _one_kind_of_end(text: str) -> str:
    """A browser reads all ends of lines as this one before it takes the hash."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
