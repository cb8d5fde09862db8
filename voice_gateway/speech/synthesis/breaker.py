"""A breaker: after failures in a row, stop asking for a while, then ask once."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum

_LONGEST_S = 300.0


class BreakerState(StrEnum):
    """Closed lets calls through, open does not, half-open lets one through to see."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class CircuitBreaker:
    """Counts failures in a row.

    Args:
        failures: that open it.
        open_s: seconds it stays open at first; doubled at each failed probe, up to 5 minutes.
        clock: seconds, monotonic.
    """

    def __init__(
        self, failures: int, open_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit = failures
        self._first_s = open_s
        self._open_s = open_s
        self._clock = clock
        self._failed = 0
        self._until: float | None = None
        self._probing = False

    @property
    def state(self) -> BreakerState:
        """Where it stands now."""
        if self._until is None:
            return BreakerState.CLOSED
        return BreakerState.HALF_OPEN if self._clock() >= self._until else BreakerState.OPEN

    def allows(self) -> bool:
        """Whether to try. In half-open only one caller is told yes until it reports back."""
        state = self.state
        if state is BreakerState.HALF_OPEN and not self._probing:
            self._probing = True
            return True
        return state is BreakerState.CLOSED

    def succeeded(self) -> None:
        """Report a success."""
        self._failed = 0
        self._until = None
        self._probing = False
        self._open_s = self._first_s

    def failed(self) -> None:
        """Report a failure."""
        self._failed += 1
        if self._probing:
            self._open_s = min(self._open_s * 2, _LONGEST_S)
        if self._probing or self._failed >= self._limit:
            self._until = self._clock() + self._open_s
        self._probing = False

    def abandoned(self) -> None:
        """Report that a try ended without an outcome: the listener left."""
        self._probing = False
