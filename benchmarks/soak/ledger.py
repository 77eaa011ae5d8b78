"""Every request that was sent, and what became of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from time import monotonic

EXPLAINED = {
    "/trivial": {200},
    "/sleep": {200},
    "/future": {200},
    "/thread": {200},
    "/stream": {200},
    "/upstream": {200, 502},  # 502 is the service's own word for an upstream that is down
    "/process": {200, 500},  # 500 where its worker was killed: at most one call for each kill
    "/cluster": {200, 503},  # 503 where the scheduler was away for longer than a call may wait
}
"""Statuses that a route may answer with while faults are made."""


@dataclass(slots=True)
class Ledger:
    """Outcomes by route. A request is sent, and then answered, given up by its client on purpose, or lost."""

    sent: Counter[str] = field(default_factory=Counter)
    answered: Counter[tuple[str, int]] = field(default_factory=Counter)
    given_up: Counter[str] = field(default_factory=Counter)
    lost: list[tuple[str, float]] = field(default_factory=list)
    """What went wrong with those that have no answer, and whose client waited for one; and when, in seconds."""
    began_s: float = field(default_factory=monotonic)
    faults: Counter[str] = field(default_factory=Counter)

    def lose(self, reason: str) -> None:
        """A request has no answer, though its client waited for one."""
        self.lost.append((reason, monotonic() - self.began_s))

    def problems(self) -> list[str]:
        """What contradicts "every response accounted for"; empty when all is well."""
        found = []
        for reason, count in Counter(reason for reason, _ in self.lost).items():
            moments = ", ".join(f"{at_s:.0f}" for other, at_s in self.lost if other == reason)
            found.append(f"{count} × {reason} (at second {moments})")
        for (route, status), count in sorted(self.answered.items()):
            if status not in EXPLAINED[route]:
                found.append(f"{route} answered {status} {count} times")
        killed = self.faults["worker killed"]
        if self.answered["/process", 500] > killed:
            found.append(f"/process failed {self.answered['/process', 500]} times, with {killed} workers killed")
        for route, sent in self.sent.items():
            answered = sum(count for (name, _), count in self.answered.items() if name == route)
            if sent != answered + self.given_up[route] + self._lost_of(route):
                found.append(f"{route}: {sent} sent, {answered} answered, {self.given_up[route]} given up")
        found += [f"{route} was never answered with 200" for route in EXPLAINED if not self.answered[route, 200]]
        return found

    def _lost_of(self, route: str) -> int:
        return sum(reason.startswith(f"{route}:") for reason, _ in self.lost)

    def lines(self) -> list[str]:
        """A table for people."""
        lines = [f"{'route':<12}{'sent':>9}{'200':>9}{'other':>9}{'given up':>10}"]
        for route in EXPLAINED:
            other = sum(count for (name, status), count in self.answered.items() if name == route and status != 200)
            row = (self.sent[route], self.answered[route, 200], other, self.given_up[route])
            lines.append(f"{route:<12}{row[0]:>9,}{row[1]:>9,}{row[2]:>9,}{row[3]:>10,}")
        lines.append(f"faults: {', '.join(f'{count} × {name}' for name, count in sorted(self.faults.items()))}")
        return lines
