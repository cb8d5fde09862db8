"""What every media link offers: raw speech in both directions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

DIGITS = frozenset("0123456789*#")
"""Keys of a telephone; A to D exist on paper only."""


class Parting(StrEnum):
    """How the other side left: the ``reason`` of ``call.ended``."""

    HUNG_UP = "caller_hung_up"
    LOST = "link_lost"


@dataclass(frozen=True)
class Audio:
    """Speech that arrived: mono s16le at the link's rate."""

    pcm: bytes


@dataclass(frozen=True)
class Digit:
    """A key the caller pressed."""

    digit: str


@dataclass(frozen=True)
class Text:
    """A line typed by a caller who has no microphone."""

    text: str


Received = Audio | Digit | Text
Tap = Callable[[bytes], None]


class MediaLink(Protocol):
    """One leg of a call.

    Attributes:
        sample_rate: Hz, both directions.
        parting: how the other side left, once :meth:`receive` has ended.
        cause: what was seen of it, for whoever looks for the fault; ``""`` when there is no more.
    """

    sample_rate: int
    parting: Parting
    cause: str

    def receive(self) -> AsyncIterator[Received]:
        """Yield what arrives; ends when the other side is gone."""
        ...

    async def send(self, pcm: bytes) -> bool:
        """Send speech (mono s16le); False when the other side is gone."""
        ...

    async def clear(self) -> None:
        """Make the other side drop speech that it has received but not played."""
        ...

    async def send_event(self, event: dict[str, object]) -> None:
        """Send a control message, on links that have them."""
        ...

    async def close(self, reason: str) -> None:
        """End the leg."""
        ...
