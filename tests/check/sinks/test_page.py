"""The page about sinks is what the data says."""

from __future__ import annotations

from clearway.check.sinks.reader import DATA, read_file
from scripts import sink_docs


def test_the_page_is_what_the_script_writes() -> None:
    assert sink_docs.PAGE.read_text(encoding="utf-8") == sink_docs.page(), "run: python scripts/sink_docs.py"


def test_the_page_has_every_family_and_operation() -> None:
    page = sink_docs.page()
    for path in DATA.glob("*.toml"):
        family = read_file(path)
        assert family.name in page
        for name in family.sinks:
            assert f"`{name.rpartition('.')[2]}`" in page
