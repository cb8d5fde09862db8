"""A handoff as it stands in Redis."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from zhiban.handoffs.states import HandoffState


@dataclass(frozen=True)
class HandoffRecord:
    """A handoff as it stands.

    Attributes:
        priority: 0 emergency, 1 request, 2 call-back; lower is served first.
        card: what the agent reads: kind, where, who, what, verbatim, advice given…
        offered_to: id of the agent whose desk is ringing, or ``""``.
        round: how often the escalation chain has begun again, from 0.
        rev: counts the changes of what SQL holds too.
        settled: the revision up to which SQL row and events are known to be written.
    """

    id: str
    call_id: str
    ticket_number: str
    kind: str
    level: int
    priority: int
    state: HandoffState
    reason: str
    node: str
    created_at: str
    updated_at: str
    agent_id: str = ""
    offered_to: str = ""
    stage: int = 0
    round: int = 0
    card: Mapping[str, Any] = field(default_factory=dict)
    rev: int = 0
    settled: int = 0

    @property
    def is_settled(self) -> bool:
        """Whether the record and the timeline have everything that Redis has."""
        return self.settled >= self.rev

    @classmethod
    def from_hash(cls, fields: Mapping[str, str]) -> HandoffRecord:
        """Read the Redis hash."""
        return cls(
            id=fields["id"],
            call_id=fields["call_id"],
            ticket_number=fields["ticket_number"],
            kind=fields["kind"],
            level=int(fields["level"]),
            priority=int(fields["priority"]),
            state=HandoffState(fields["state"]),
            reason=fields.get("reason", ""),
            node=fields.get("node", ""),
            created_at=fields["created_at"],
            updated_at=fields["updated_at"],
            agent_id=fields.get("agent_id", ""),
            offered_to=fields.get("offered_to", ""),
            stage=int(fields.get("stage", "0")),
            round=int(fields.get("round", "0")),
            card=json.loads(fields.get("card", "{}")),
            rev=int(fields.get("rev", "0")),
            settled=int(fields.get("settled", "0")),
        )

    def to_hash(self) -> dict[str, str | int]:
        """Return the Redis hash of a handoff that is just being stored."""
        return {
            "id": self.id,
            "call_id": self.call_id,
            "ticket_number": self.ticket_number,
            "kind": self.kind,
            "level": self.level,
            "priority": self.priority,
            "state": self.state.value,
            "reason": self.reason,
            "node": self.node,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "agent_id": self.agent_id,
            "card": json.dumps(self.card, ensure_ascii=False),
            "rev": self.rev,
        }
