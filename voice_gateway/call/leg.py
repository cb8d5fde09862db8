"""What the call needs of a caller's leg, by voice or by text."""

from __future__ import annotations

from typing import Any, Protocol

from voice_gateway.conference.room import Room


class Leg(Protocol):
    """The caller's side of a conference.

    Attributes:
        room: where the caller sits, if they can hear and speak.
        sample_rate: Hz of the caller's leg; None for a caller who reads and types.
    """

    room: Room
    sample_rate: int | None

    async def give_way(self, live: bool) -> None:
        """Let the bot fall silent (True) while people talk with the caller, or speak again."""
        ...

    def part(self) -> None:
        """Let the bot speak again, now."""
        ...

    async def notify(self, event: dict[str, Any]) -> None:
        """Send a control message to the caller's program."""
        ...
