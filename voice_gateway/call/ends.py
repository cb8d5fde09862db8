"""Why recent calls of a PBX ended: its dialplan asks, and takes the caller to a person if need be."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

_KEPT_SECONDS = 120.0
_MOST_KEPT = 500

MEANT = frozenset({"completed", "silence", "agent_hung_up"})
"""Ends that were meant; after any other the caller still wants somebody."""


class RecentEnds:
    """Ends of calls by the PBX's own id, for two minutes.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ended: OrderedDict[str, tuple[float, bool]] = OrderedDict()

    def note(self, pbx_id: str, reason: str) -> None:
        """Note why a call ended, before it is hung up."""
        self._ended[pbx_id] = (self._clock(), reason in MEANT)
        self._ended.move_to_end(pbx_id)
        self._forget()

    def was_meant(self, pbx_id: str) -> bool:
        """Return whether a call ended because it was over; unknown ones have not."""
        self._forget()
        known = self._ended.get(pbx_id)
        return known is not None and known[1]

    def _forget(self) -> None:
        before = self._clock() - _KEPT_SECONDS
        while self._ended:
            at, _ = next(iter(self._ended.values()))
            if len(self._ended) <= _MOST_KEPT and at >= before:
                return
            self._ended.popitem(last=False)
