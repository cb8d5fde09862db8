"""Latencies as a caller hears them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class TurnLatency:
    """One turn.

    Attributes:
        said: file or words.
        ms: last voiced sample (or typed line) sent to first bot sample (or line) received;
            None when the bot did not answer.
    """

    said: str
    ms: float | None


def percentile(values: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile; NaN of nothing."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def summary(turns: Sequence[TurnLatency]) -> dict[str, object]:
    """Return the turns and their p50 and p95, in ms."""
    answered = [turn.ms for turn in turns if turn.ms is not None]
    return {
        "turns": [{"said": t.said, "ms": None if t.ms is None else round(t.ms)} for t in turns],
        "answered": len(answered),
        "p50_ms": round(percentile(answered, 0.5)) if answered else None,
        "p95_ms": round(percentile(answered, 0.95)) if answered else None,
    }
