"""What Asterisk says of a call before its audio comes."""

from __future__ import annotations

import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

_ANNOUNCED_SECONDS = 20.0
_MOST_KEPT = 500
_LONGEST = 128


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
    """Announced calls by UUID.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._announced: OrderedDict[uuid.UUID, tuple[float, Arrival]] = OrderedDict()

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

    def _forget(self) -> None:
        before = self._clock() - _ANNOUNCED_SECONDS
        while self._announced:
            at, _ = next(iter(self._announced.values()))
            if len(self._announced) <= _MOST_KEPT and at >= before:
                return
            self._announced.popitem(last=False)
