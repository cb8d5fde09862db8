"""Names and shape of timeline events: a public contract."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class EventName(StrEnum):
    """Everything that can happen to a call."""

    CALL_STARTED = "call.started"
    CALLER_INTERIM = "caller.interim"
    CALLER_TURN = "caller.turn"
    BOT_SAID = "bot.said"
    AGENT_TURN = "agent.turn"
    BARGE_IN = "barge_in"
    EMERGENCY_DETECTED = "emergency.detected"
    TICKET_FILED = "ticket.filed"
    TICKET_UPDATED = "ticket.updated"
    HANDOFF_REQUESTED = "handoff.requested"
    HANDOFF_OFFERED = "handoff.offered"
    HANDOFF_ACCEPTED = "handoff.accepted"
    HANDOFF_DECLINED = "handoff.declined"
    HANDOFF_TIMED_OUT = "handoff.timed_out"
    HANDOFF_ESCALATED = "handoff.escalated"
    HANDOFF_WHISPERED = "handoff.whispered"
    HANDOFF_BRIDGED = "handoff.bridged"
    HANDOFF_RETURNED = "handoff.returned"
    HANDOFF_FAILED = "handoff.failed"
    HANDOFF_CLOSED = "handoff.closed"
    HANDOFF_TRANSFERRED = "handoff.transferred"
    HANDOFF_HELD = "handoff.held"
    HANDOFF_RESUMED = "handoff.resumed"
    HANDOFF_JOINED = "handoff.joined"
    HANDOFF_LEFT = "handoff.left"
    CALLBACK_DIALLING = "callback.dialling"
    CALLBACK_ENDED = "callback.ended"
    SURVEY_DIALLING = "survey.dialling"
    SURVEY_ENDED = "survey.ended"
    REMINDER_DUE = "reminder.due"
    REMINDER_DONE = "reminder.done"
    DTMF = "dtmf"
    CALL_ENDED = "call.ended"


@dataclass(frozen=True)
class TimelineEvent:
    """One event.

    Attributes:
        call_id: the call it belongs to.
        seq: 1, 2, 3… within the call, without gaps, across processes.
        at: UTC ISO 8601 with milliseconds.
        name: what happened.
        data: details, JSON types only.
    """

    call_id: str
    seq: int
    at: str
    name: str
    data: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the event as the contract writes it."""
        return {
            "call_id": self.call_id,
            "seq": self.seq,
            "at": self.at,
            "name": self.name,
            "data": dict(self.data),
        }

    def to_fields(self) -> dict[str, str]:
        """Return Redis stream fields."""
        return {
            "call_id": self.call_id,
            "seq": str(self.seq),
            "at": self.at,
            "name": self.name,
            "data": json.dumps(self.data, ensure_ascii=False),
        }

    @classmethod
    def from_fields(cls, fields: Mapping[str, str]) -> TimelineEvent:
        """Read Redis stream fields."""
        return cls(
            call_id=fields["call_id"],
            seq=int(fields["seq"]),
            at=fields["at"],
            name=fields["name"],
            data=json.loads(fields["data"]),
        )
