"""One agent's line in a conference."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from voice_gateway.conference.outlet import Deliver
from zhiban.floor import Part


@dataclass(eq=False)
class Attendee:
    """An agent whose audio is, or was a moment ago, in the call.

    Attributes:
        agent_id: who.
        sample_rate: Hz of their leg.
        deliver: sends them speech.
        part: what they are now.
        briefed: whether they were told what it is about before they accepted.
        gone: set when their line broke.
        dropped: set when they have no part in the call any more.
        why: reason their browser is told then.
    """

    agent_id: str
    sample_rate: int
    deliver: Deliver
    part: Part = Part.LISTENER
    briefed: bool = False
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    dropped: asyncio.Event = field(default_factory=asyncio.Event)
    why: str = ""

    @property
    def key(self) -> str:
        """The key of their seat."""
        return f"agent:{self.agent_id}"

    def drop(self, why: str) -> None:
        """Let them go."""
        self.why = self.why or why
        self.dropped.set()
