"""What Asterisk says of a call before its audio comes, and what it may ask after the call."""

from __future__ import annotations

import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_ANNOUNCED_SECONDS = 20.0
_ENDED_SECONDS = 120.0
_MOST_KEPT = 500
_LONGEST = 128

MEANT = frozenset({"completed", "silence", "agent_hung_up"})
"""Ends that were meant. After any other the dialplan takes the caller to a person."""


@dataclass(frozen=True)
class Arrival:
    """A call as Asterisk describes it.

    Attributes:
        pbx_id: Asterisk's id of it; the dialplan asks by it how the call ended.
        caller: calling number as the trunk gave it.
        dialled: number dialled.
        channel: name of the caller's channel, for transfers.
    """

    pbx_id: str
    caller: str = ""
    dialled: str = ""
    channel: str = ""

    @classmethod
    def of(cls, fields: dict[str, str]) -> Arrival:
        """Read ``call``, ``caller``, ``dialled`` and ``channel``; over-long values are cut."""
        names = ("call", "caller", "dialled", "channel")
        return cls(*(fields.get(name, "")[:_LONGEST] for name in names))


class Arrivals:
    """Announced calls by UUID, and recent ends by Asterisk's id.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._announced: OrderedDict[uuid.UUID, tuple[float, Arrival]] = OrderedDict()
        self._ended: OrderedDict[str, tuple[float, bool]] = OrderedDict()

    def announce(self, arrival: Arrival) -> uuid.UUID:
        """Return the UUID that lets the call's audio in, once and within 20 s."""
        self._forget()
        key = uuid.uuid4()
        self._announced[key] = (self._clock(), arrival)
        return key

    def take(self, key: uuid.UUID) -> Arrival | None:
        """Return the call of a UUID and use it up; None when nobody announced it, or long ago."""
        self._forget()
        known = self._announced.pop(key, None)
        return known[1] if known is not None else None

    def ended(self, pbx_id: str, reason: str) -> None:
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
        now = self._clock()
        _drop(self._announced, now - _ANNOUNCED_SECONDS)
        _drop(self._ended, now - _ENDED_SECONDS)


def _drop(kept: OrderedDict[Any, tuple[float, Any]], before: float) -> None:
    while kept and (len(kept) > _MOST_KEPT or next(iter(kept.values()))[0] < before):
        kept.popitem(last=False)
