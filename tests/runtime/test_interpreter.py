"""The switch interval is short exactly while somebody wants it, and never touched where somebody set his own."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator

import pytest

from clearway.runtime.lanes.threads.interpreter import PYTHONS_OWN_S, SHORT_S, SwitchInterval, is_free


class Holder:
    """Anything that can be referred to weakly."""


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    yield
    sys.setswitchinterval(PYTHONS_OWN_S)


def test_it_is_short_until_the_last_holder_restores_it() -> None:
    interval, one, other = SwitchInterval(), Holder(), Holder()
    interval.shorten(one)
    interval.shorten(one)
    interval.shorten(other)
    interval.restore(one)
    assert sys.getswitchinterval() == SHORT_S
    interval.restore(other)
    assert sys.getswitchinterval() == PYTHONS_OWN_S
    interval.restore(other)
    assert sys.getswitchinterval() == PYTHONS_OWN_S


def test_a_holder_that_is_no_more_holds_nothing() -> None:
    interval, holder = SwitchInterval(), Holder()
    interval.shorten(holder)
    del holder
    gc.collect()
    assert sys.getswitchinterval() == PYTHONS_OWN_S


def test_an_interval_of_the_users_own_is_kept() -> None:
    interval, holder = SwitchInterval(), Holder()
    sys.setswitchinterval(0.02)
    interval.shorten(holder)
    assert sys.getswitchinterval() == 0.02
    interval.restore(holder)
    assert sys.getswitchinterval() == 0.02


def test_an_interval_set_meanwhile_is_kept() -> None:
    interval, holder = SwitchInterval(), Holder()
    interval.shorten(holder)
    sys.setswitchinterval(0.02)
    interval.restore(holder)
    assert sys.getswitchinterval() == 0.02


def test_the_interpreter_is_free_where_nobody_waited_for_most_of_an_interval() -> None:
    assert is_free(0.001)
    assert not is_free(0.004)
