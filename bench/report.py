"""Prints distributions beside their targets."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from zhiban.callers.latency import percentile


@dataclass(frozen=True)
class Distribution:
    """One figure, in ms.

    Attributes:
        p50_target: wanted median, None where there is none.
        p95_target: wanted 95th percentile.
    """

    name: str
    values: list[float]
    p50_target: float | None
    p95_target: float | None

    def to_dict(self) -> dict[str, object]:
        """Return count and percentiles."""
        return {
            "n": len(self.values),
            "p50_ms": round(percentile(self.values, 0.5), 1) if self.values else None,
            "p95_ms": round(percentile(self.values, 0.95), 1) if self.values else None,
            "max_ms": round(max(self.values), 1) if self.values else None,
        }


def print_report(figures: list[Distribution], shares: dict[str, list[float]]) -> None:
    """Print the figures and the share of each stage."""
    console = Console()
    table = Table("measure (ms)", "n", "p50", "p95", "max", "targets p50 / p95")
    for figure in figures:
        numbers = figure.to_dict()
        targets = " / ".join(
            "–" if t is None else f"{t:.0f}" for t in (figure.p50_target, figure.p95_target)
        )
        table.add_row(
            figure.name,
            *(str(numbers[key]) for key in ("n", "p50_ms", "p95_ms", "max_ms")),
            targets,
        )
    console.print(table)
    if not shares:
        return
    stages = Table("stage of a cached turn (ms)", "p50", "p95")
    for name, values in shares.items():
        stages.add_row(name, f"{percentile(values, 0.5):.0f}", f"{percentile(values, 0.95):.0f}")
    console.print(stages)
