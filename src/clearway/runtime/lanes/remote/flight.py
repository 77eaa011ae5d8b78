"""A call on its way to another process and back."""

from __future__ import annotations

import asyncio
from contextvars import copy_context
from time import perf_counter_ns
from typing import TYPE_CHECKING

from clearway.model import FINISHING_KINDS, CallKind

if TYPE_CHECKING:
    from contextvars import Context

    from clearway.runtime.lanes.processes.child import Child
    from clearway.runtime.plan.site import CallSite
    from clearway.runtime.records.recorder import RouteRecord
    from clearway.runtime.request import Request

AWAITED_KINDS = frozenset({CallKind.ENDPOINT, CallKind.DEPENDENCY})
"""Calls that the client's answer waits for. An offload's does while its endpoint runs."""


class Flight:
    """Times are `perf_counter_ns`; 0 while they have not come."""

    __slots__ = (
        "attempts", "child", "context", "future", "kind", "payload", "request", "route", "sent_ns", "site",
        "started_ns", "submitted_ns",
    )  # fmt: skip

    def __init__(self, request: Request, site: CallSite, kind: CallKind, payload: bytes, submitted_ns: int) -> None:
        self.request = request
        self.route: RouteRecord = request.route
        self.site = site
        self.kind = kind
        self.payload = payload
        self.submitted_ns = submitted_ns
        self.context: Context = copy_context()
        self.future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.child: Child | None = None
        self.attempts = 0
        """How many workers it was sent to. Another gets it only if the one before had not begun."""
        self.sent_ns = 0
        self.started_ns = 0

    @property
    def may_be_refused(self) -> bool:
        """What finishes a request never is."""
        return self.kind not in FINISHING_KINDS

    @property
    def is_awaited(self) -> bool:
        """Whether the client still waits for what comes of it."""
        request = self.request
        if request.in_background or request not in request.port.in_flight:
            return False
        return self.kind in AWAITED_KINDS or (self.kind is CallKind.OFFLOAD and request.in_endpoint)

    def begins(self) -> None:
        self.started_ns = perf_counter_ns()
