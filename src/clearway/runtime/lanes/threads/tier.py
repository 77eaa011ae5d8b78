"""How far on a request is with which a call comes: what is further on goes first."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from clearway.model import FINISHING_KINDS, CallKind

if TYPE_CHECKING:
    from clearway.runtime.request import Request


class Tier(IntEnum):
    """What work is to its request; lower goes first."""

    FINISHING = 0
    BEGUN_ENDPOINT = 1
    BEGUN_LONG_AGO = 2
    """The fifth call of its request, or a later one."""
    BEGUN_FOURTH = 3
    BEGUN_THIRD = 4
    BEGUN_SECOND = 5
    STARTING = 6


def tier_of(request: Request, kind: CallKind) -> Tier:
    """The tier of the next call of a request."""
    if kind in FINISHING_KINDS:
        return Tier.FINISHING
    if not request.begun:
        return Tier.STARTING
    if kind is CallKind.ENDPOINT:
        return Tier.BEGUN_ENDPOINT
    return Tier(max(Tier.STARTING - request.begun, Tier.BEGUN_LONG_AGO))
