"""Messages arrive whole and in order, however the socket cuts them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from clearway.runtime.lanes.processes.frames import Frame, FrameBuffer, framed

MESSAGES = st.lists(st.tuples(st.sampled_from(Frame), st.binary(max_size=40)), max_size=6)


@given(MESSAGES, st.lists(st.integers(1, 20), min_size=1))
def test_messages_survive_any_cut(messages: list[tuple[Frame, bytes]], cuts: list[int]) -> None:
    sent = b"".join(framed(kind, data) for kind, data in messages)
    buffer = FrameBuffer()
    arrived: list[tuple[Frame, bytes]] = []
    at = turn = 0
    while at < len(sent):
        end = at + cuts[turn % len(cuts)]
        arrived += buffer.feed(sent[at:end])
        at, turn = end, turn + 1
    assert arrived == messages
