"""What blocks is found with the right kind and severity, and what does not block is left alone, by name."""

from __future__ import annotations

from clearway.check.sinks import Library
from tests.check.sinks.tables import blocking, harmless

LIBRARY = Library.load()


def test_the_tables_are_long_enough_to_mean_something_and_do_not_contradict() -> None:
    names = [name for name, _, _ in blocking()]
    assert len(names) >= 400
    assert len(list(harmless())) >= 400
    assert not set(names) & set(harmless())


def test_every_operation_that_blocks_is_a_sink_of_its_kind_and_severity() -> None:
    wrong = []
    for name, severity, kind in blocking():
        entry = LIBRARY.sink(name)
        if entry is None or (entry.severity, entry.kind) != (severity, kind):
            wrong.append((name, entry))
    assert wrong == []


def test_what_does_not_block_is_no_sink_and_is_known() -> None:
    assert [name for name in harmless() if LIBRARY.sink(name) is not None] == []
    assert [name for name in harmless() if not LIBRARY.covers(name)] == []
