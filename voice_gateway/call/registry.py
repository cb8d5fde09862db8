"""The calls this process holds."""

from __future__ import annotations

from dataclasses import dataclass, field

from voice_gateway.call.call import Call
from voice_gateway.call.ends import RecentEnds
from voice_gateway.call.leg import Leg
from voice_gateway.conference.conference import Conference
from voice_gateway.phones.legs import PhoneLegs
from zhiban.calls.ids import new_call_id

__all__ = ["CallRegistry", "Held", "new_call_id"]


@dataclass
class Held:
    """A call in progress, its leg and the people in it."""

    call: Call
    leg: Leg
    conference: Conference


@dataclass
class CallRegistry:
    """Calls by id.

    Attributes:
        limit: calls this process takes at once; one more hears that all lines are busy.
        legs: telephones it has had rung.
        ends: why calls of a PBX ended.
    """

    limit: int = 12
    legs: PhoneLegs = field(default_factory=PhoneLegs)
    ends: RecentEnds = field(default_factory=RecentEnds)
    held: dict[str, Held] = field(default_factory=dict)

    @property
    def full(self) -> bool:
        """Whether one more call would harm those in progress."""
        return len(self.held) >= self.limit

    def by_handoff(self, handoff_id: str) -> Held | None:
        """Return the call that waits for or talks in this handoff."""
        return next((h for h in self.held.values() if h.call.handoff_id == handoff_id), None)
