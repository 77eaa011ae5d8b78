"""What a case reports: rows that compare one figure of Clearway with one of plain FastAPI."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from benchmarks.latency import median, pairwise_ratios

PLAIN = "plain"
Kind = Literal["times", "at least", "at most", "reported"]


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value. `at_least`: the measurement was cut off there."""

    value: float
    unit: Literal["/s", "s", "errors", "kB"]
    at_least: bool = False

    def __str__(self) -> str:
        return f"{'≥ ' if self.at_least else ''}{_with_unit(self.value, self.unit)}"


def _with_unit(value: float, unit: str) -> str:
    if unit == "s":
        return f"{value * 1000:.1f} ms" if value < 0.1 else f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"
    if unit == "errors":
        return f"{value:.0f} error{'' if value == 1 else 's'}"
    if unit == "kB":
        return f"{value:.1f} kB"
    return f"{value:,.0f}/s" if value >= 100 else f"{value:.1f}/s"


@dataclass(frozen=True, slots=True)
class Target:
    """`times`: the ratio must reach `value`. `at least`, `at most`: it is Clearway's own figure that counts."""

    kind: Kind
    value: float = 0.0

    def met(self, figure: Figure, ratio: float | None) -> bool | None:
        """None where nothing is demanded."""
        if self.kind == "reported":
            return None
        if self.kind == "at most":
            return figure.value <= self.value and not figure.at_least
        if self.kind == "at least":
            return figure.value >= self.value
        return ratio is not None and ratio >= self.value

    def text(self, unit: str) -> str:
        if self.kind == "reported":
            return "reported"
        if self.kind == "at most":
            return f"≤ {_with_unit(self.value, unit)}" if self.value else f"0 {unit}"
        if self.kind == "at least":
            return f"≥ {_with_unit(self.value, unit)}"
        return f"≥ {self.value:g} ×"


REPORTED = Target("reported")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. A ratio above 1 always means that Clearway does better."""

    title: str
    clearway: Figure
    base: Figure | None = None
    target: Target = REPORTED
    ratio: float | None = None
    spread: tuple[float, float] | None = None
    """The lowest and the highest ratio of the rounds."""
    beside: str = PLAIN
    """What `base` is."""
    note: str = ""
    bar: str = ""
    """The title in the chart, where `title` leans on the row above or is too long."""

    @property
    def met(self) -> bool | None:
        return self.target.met(self.clearway, self.ratio)

    @property
    def verdict(self) -> str:
        return {None: "", True: "met", False: "missed"}[self.met]

    @property
    def target_text(self) -> str:
        return self.target.text(self.clearway.unit)

    @property
    def target_ratio(self) -> float | None:
        """The ratio that the target asks for, given the other side's figure in this run."""
        if self.target.kind == "times":
            return self.target.value
        if self.target.kind == "at most" and self.base is not None and self.target.value:
            return self.base.value / self.target.value
        return None

    def as_json(self) -> dict[str, Any]:
        return {
            **asdict(self),
            "target_text": self.target_text,
            "target_ratio": self.target_ratio,
            "met": self.met,
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a case gave: its rows, and every single measurement behind them."""

    case: str
    rows: tuple[Row, ...]
    measurements: tuple[dict[str, Any], ...] = field(default=(), repr=False)
    seconds: float = 0.0
    failure: str = ""
    """Why the case could not be run."""

    @property
    def missed(self) -> bool:
        return any(row.met is False for row in self.rows)

    def as_json(self) -> dict[str, Any]:
        return {
            "case": self.case,
            "rows": [row.as_json() for row in self.rows],
            "measurements": list(self.measurements),
            "seconds": round(self.seconds, 1),
            "failure": self.failure,
        }


def rates_row(title: str, over: Sequence[float], under: Sequence[float], at_least: float) -> Row:
    """Requests a second of both sides in each round, `over` Clearway's, and how many times the other's it must be."""
    ratios = pairwise_ratios(over, under)
    return Row(
        title=title,
        clearway=Figure(median(over), "/s"),
        base=Figure(median(under), "/s"),
        ratio=median(ratios),
        spread=(min(ratios), max(ratios)),
        target=Target("times", at_least),
    )


def lower_is_better(base: Figure, clearway: Figure) -> float | None:
    """How many times smaller Clearway's figure is; None where it is zero or was never reached."""
    return base.value / clearway.value if clearway.value and not clearway.at_least else None
