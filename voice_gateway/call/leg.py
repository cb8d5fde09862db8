"""What the call needs of a caller's leg, by voice or by text."""

from __future__ import annotations

from typing import Any, Protocol

from voice_gateway.links.transport import LinkOutput


class Leg(Protocol):
    """The caller's side of a bridge."""

    async def join(self, agent: LinkOutput, sample_rate: int) -> LinkOutput | None:
        """Send the caller's speech to the agent (Hz); return where the agent's speech goes."""
        ...

    def part(self) -> None:
        """Undo :meth:`join`."""
        ...

    async def notify(self, event: dict[str, Any]) -> None:
        """Send a control message to the caller's program."""
        ...
