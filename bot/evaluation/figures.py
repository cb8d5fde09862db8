"""Figures: what was measured, how sure it is, and what it should be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.evaluation.interval import wilson


@dataclass(frozen=True)
class Target:
    """What a figure should reach.

    Attributes:
        value: In the figure's unit.
        at_least: Whether more is better.
    """

    value: float
    at_least: bool = True

    def met(self, value: float) -> bool:
        """Whether a value reaches it."""
        return value >= self.value if self.at_least else value <= self.value


@dataclass(frozen=True)
class Figure:
    """One measured number.

    Attributes:
        key: Stable name: ``part.condition.what``.
        label: For people.
        value: A share is 0 to 1.
        unit: ``share``, ``ms``, ``/s`` or ``characters``.
        hits: Of a share, else None.
        n: How many cases stand behind it.
        interval: 95 % interval of a share, else None.
        target: What it should be, if anything.
    """

    key: str
    label: str
    value: float
    unit: str
    n: int
    hits: int | None = None
    interval: tuple[float, float] | None = None
    target: Target | None = None

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without one."""
        return None if self.target is None else self.target.met(self.value)

    def as_dict(self) -> dict[str, object]:
        """Return the figure for a JSON file."""
        low, high = self.interval or (None, None)
        return {
            "key": self.key,
            "label": self.label,
            "value": self.value,
            "unit": self.unit,
            "hits": self.hits,
            "n": self.n,
            "low": low,
            "high": high,
            "target": self.target.value if self.target else None,
            "at_least": self.target.at_least if self.target else None,
            "met": self.met,
        }


def share(
    key: str, label: str, results: Iterable[bool], target: Target | None = None
) -> list[Figure]:
    """Return the share of true results as one figure; none where there are no results."""
    all_results = list(results)
    n, hits = len(all_results), sum(all_results)
    if n == 0:
        return []
    return [Figure(key, label, hits / n, "share", n, hits, wilson(hits, n), target)]


def percentile(values: Iterable[float], part: float) -> float:
    """Return the value below which ``part`` (0 to 1) of the values lie.

    Raises:
        ValueError: There are no values.
    """
    ordered = sorted(values)
    if not ordered:
        raise ValueError("no values")
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


@dataclass(frozen=True)
class Failure:
    """One case that went wrong.

    Attributes:
        part: Key of the figure it spoils.
        expected: What was right.
        got: What came out.
        text: What was read.
        said: What was really said, where a recogniser stood in between.
    """

    part: str
    expected: str
    got: str
    text: str
    said: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return the failure for a JSON file."""
        return {
            "part": self.part,
            "expected": self.expected,
            "got": self.got,
            "text": self.text,
            "said": self.said,
        }


@dataclass
class Report:
    """Everything one run measured.

    Attributes:
        figures: In the order measured.
        failures: In the order met.
        missing: Files that are not there, so that nobody takes silence for success.
    """

    figures: list[Figure] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def add(self, other: Report) -> None:
        """Take over what another run measured."""
        self.figures += other.figures
        self.failures += other.failures
        self.missing += other.missing

    def figure(self, key: str) -> Figure | None:
        """Return the figure of that name."""
        return next((figure for figure in self.figures if figure.key == key), None)
