"""How many calls are taken, at once and a second."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum


class Refusal(StrEnum):
    """Why a call is not taken."""

    LINES_BUSY = "lines_busy"
    TOO_FAST = "too_fast"


class Limits:
    """Counts calls in both directions.

    Args:
        calls: at once.
        per_second: new ones a second in the long run, as many again in one burst.
        now: clock in seconds.
    """

    def __init__(
        self, calls: int, per_second: int, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._calls = calls
        self._rate = per_second
        self._now = now
        self._tokens = float(2 * per_second)
        self._filled = now()
        self.held = 0

    def take(self) -> Refusal | None:
        """Take a line for a new call, or say why not; :meth:`release` gives it back."""
        now = self._now()
        self._tokens = min(2.0 * self._rate, self._tokens + (now - self._filled) * self._rate)
        self._filled = now
        if self._tokens < 1:
            return Refusal.TOO_FAST
        if self.held >= self._calls:
            return Refusal.LINES_BUSY
        self._tokens -= 1
        self.held += 1
        return None

    def release(self) -> None:
        """Give a line back."""
        self.held -= 1
