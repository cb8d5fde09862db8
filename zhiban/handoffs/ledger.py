"""The ledger of handoffs: every move is stored before anyone acts on it.

Redis (appendonly) holds the present state and settles races; SQL keeps the record; the call's
timeline gets one event for each move.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncEngine

from zhiban import redis_keys
from zhiban.clock import iso_ms, utc_now
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.handoffs.states import (
    CLOSED_STATES,
    EVENT_OF,
    HandoffReason,
    HandoffState,
    is_legal,
)
from zhiban.redis_client import RedisClient
from zhiban.store.models import Handoff
from zhiban.timeline.events import EventName
from zhiban.timeline.writer import Timeline

logger = logging.getLogger(__name__)

# The move happens only if the state (and, when told, the owner) is still the expected one.
_MOVE = """
local state, owner = unpack(redis.call('HMGET', KEYS[1], 'state', 'agent_id'))
if state ~= ARGV[1] then return state or '' end
if ARGV[2] ~= '*' and (owner or '') ~= ARGV[2] then return 'of ' .. (owner or '') end
for i = 3, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
return 'moved'
"""
_ANYBODY = "*"


@dataclass(frozen=True)
class HandoffRecord:
    """A handoff as it stands.

    Attributes:
        priority: 0 emergency, 1 request, 2 call-back; lower is served first.
        card: what the agent reads: kind, where, who, what, verbatim, advice given…
        offered_to: id of the agent whose desk is ringing, or ``""``.
        round: how often the escalation chain has begun again, from 0.
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
        )


class HandoffLedger:
    """Creates and moves handoffs.

    Args:
        redis: a client with ``decode_responses=True``.
        engine: the database.
        timeline: gets one event for each move.
    """

    def __init__(self, redis: RedisClient, engine: AsyncEngine, timeline: Timeline) -> None:
        self._redis = redis
        self._engine = engine
        self._timeline = timeline
        self._move_script = redis.register_script(_MOVE)

    async def request(
        self,
        *,
        call_id: str,
        ticket_number: str,
        kind: str,
        level: int,
        priority: int,
        reason: HandoffReason,
        node: str,
        card: Mapping[str, Any],
    ) -> HandoffRecord:
        """Store a new request; after this returns the desk is bound to serve it.

        A call has at most one open handoff: asking again returns the open one.
        """
        known = await self.open_of_call(call_id)
        if known is not None:
            return known
        now = iso_ms(utc_now())
        record = HandoffRecord(
            id=f"ho-{uuid.uuid4().hex[:12]}",
            call_id=call_id,
            ticket_number=ticket_number,
            kind=kind,
            level=level,
            priority=priority,
            state=HandoffState.REQUESTED,
            reason=reason.value,
            node=node,
            created_at=now,
            updated_at=now,
            card=dict(card),
        )
        shared = {
            "id": record.id,
            "call_id": call_id,
            "ticket_number": ticket_number,
            "kind": kind,
            "level": level,
            "priority": priority,
            "state": record.state.value,
            "reason": record.reason,
            "created_at": now,
            "updated_at": now,
        }
        async with self._engine.begin() as connection:
            await connection.execute(insert(Handoff).values(card=dict(card), **shared))
        fields = {name: str(value) for name, value in shared.items()}
        fields |= {"node": node, "card": json.dumps(card, ensure_ascii=False)}
        await self._redis.hset(redis_keys.handoff(record.id), mapping=fields)
        await self._redis.sadd(redis_keys.OPEN_HANDOFFS, record.id)
        await self._announce(record, EventName.HANDOFF_REQUESTED, {"by": "bot"})
        return record

    async def move(
        self,
        handoff_id: str,
        before: HandoffState,
        after: HandoffState,
        reason: HandoffReason,
        *,
        by: str,
        changes: Mapping[str, str | int] | None = None,
        data: Mapping[str, Any] | None = None,
        owner: str | None = None,
    ) -> HandoffRecord:
        """Move a handoff from one state to the next, atomically.

        Args:
            handoff_id: which.
            before: the state the caller of this method believes it to be in.
            after: the next state.
            reason: why.
            by: agent id, ``desk``, ``gateway`` or ``caller``.
            changes: other fields of the Redis hash that change with it (``agent_id``,
                ``offered_to``, ``stage``, ``round``).
            data: more for the timeline event.
            owner: move it only while it is this agent's; None for whoever's.

        Raises:
            ZhibanError: HANDOFF_ILLEGAL for an edge that does not exist, HANDOFF_CONFLICT when
                somebody else moved it first (its message names the present state),
                HANDOFF_UNKNOWN.
        """
        if not is_legal(before, after):
            raise ZhibanError(
                f"handoff cannot go from {before} to {after}", code=ErrorCode.HANDOFF_ILLEGAL
            )
        pairs = {"state": after.value, "reason": reason.value, **(changes or {})}
        if after is HandoffState.ACCEPTED:
            pairs |= {"wanted_agent": "", "wanted_role": ""}
        record = await self._change(handoff_id, before, owner, pairs)
        if after in CLOSED_STATES:
            await self._redis.srem(redis_keys.OPEN_HANDOFFS, handoff_id)
        await self._announce(record, EVENT_OF[after], {"by": by, **(data or {})})
        return record

    async def transfer(
        self,
        handoff_id: str,
        from_agent: str,
        *,
        wanted_agent: str = "",
        wanted_role: str = "",
        wanted_name: str = "",
    ) -> HandoffRecord:
        """Send a talking caller onward (blind): ring the wanted person, then the chain as usual.

        Args:
            handoff_id: which; it must be ``bridged`` and ``from_agent``'s.
            from_agent: who lets go; not rung again in this round.
            wanted_agent: id of the person to ring first, or ``""``.
            wanted_role: role to ring first, or ``""``.
            wanted_name: name of the wanted agent as the desks show it.

        Raises:
            ZhibanError: HANDOFF_CONFLICT when it is not talking or not theirs, HANDOFF_UNKNOWN.
        """
        return await self.move(
            handoff_id,
            HandoffState.BRIDGED,
            HandoffState.OFFERED,
            HandoffReason.TRANSFERRED,
            by=from_agent,
            changes={
                "agent_id": "",
                "agent_name": wanted_name,
                "offered_to": wanted_agent,
                "wanted_agent": wanted_agent,
                "wanted_role": wanted_role,
                "accepted_at": "",
                "stage": 0,
                "tried": ",".join(filter(None, (from_agent, wanted_agent))),
                "rest_until": "",
            },
            data={"from_agent": from_agent, "wanted": wanted_agent or wanted_role},
            owner=from_agent,
        )

    async def reassign(
        self, handoff_id: str, from_agent: str, to_agent: str, *, to_name: str = "", by: str
    ) -> HandoffRecord:
        """Give a talking caller to another agent who is on the line already.

        Args:
            handoff_id: which; it must be ``bridged`` and ``from_agent``'s.
            from_agent: the owner until now.
            to_agent: the owner from now on.
            to_name: name of the new owner as the desks show it.
            by: who does it.

        Raises:
            ZhibanError: HANDOFF_CONFLICT when it is not talking or not theirs, HANDOFF_UNKNOWN.
        """
        record = await self._change(
            handoff_id,
            HandoffState.BRIDGED,
            from_agent,
            {
                "reason": HandoffReason.CONSULT_COMPLETED.value,
                "agent_id": to_agent,
                "agent_name": to_name or to_agent,
                "accepted_at": iso_ms(utc_now()),
            },
        )
        await self._announce(
            record,
            EventName.HANDOFF_TRANSFERRED,
            {"by": by, "from_agent": from_agent, "to_agent": to_agent},
        )
        return record

    async def _change(
        self,
        handoff_id: str,
        state: HandoffState,
        owner: str | None,
        changes: Mapping[str, str | int],
    ) -> HandoffRecord:
        """Change the hash if state and owner are the expected ones, then the SQL row."""
        pairs = {**changes, "updated_at": iso_ms(utc_now())}
        flat = [str(part) for pair in pairs.items() for part in pair]
        answer = await self._move_script(
            keys=[redis_keys.handoff(handoff_id)],
            args=[state.value, _ANYBODY if owner is None else owner, *flat],
        )
        if answer == "":
            raise ZhibanError("没有这次转接 / no such handoff", code=ErrorCode.HANDOFF_UNKNOWN)
        if answer != "moved":
            raise ZhibanError(f"handoff is already {answer}", code=ErrorCode.HANDOFF_CONFLICT)
        record = await self.get(handoff_id)
        async with self._engine.begin() as connection:
            await connection.execute(
                update(Handoff)
                .where(Handoff.id == handoff_id)
                .values(
                    state=record.state.value,
                    reason=record.reason,
                    updated_at=record.updated_at,
                    agent_id=record.agent_id,
                )
            )
        return record

    async def update_card(self, handoff_id: str, changes: Mapping[str, Any]) -> HandoffRecord:
        """Merge newly learned facts into the card (no event: the ticket's update is one)."""
        record = await self.get(handoff_id)
        card = {**record.card, **changes}
        await self._redis.hset(
            redis_keys.handoff(handoff_id), "card", json.dumps(card, ensure_ascii=False)
        )
        async with self._engine.begin() as connection:
            await connection.execute(
                update(Handoff).where(Handoff.id == handoff_id).values(card=card)
            )
        await self._redis.xadd(redis_keys.HANDOFFS, {"id": handoff_id, "state": "card"})
        return await self.get(handoff_id)

    async def raise_to(
        self,
        handoff_id: str,
        *,
        kind: str,
        level: int,
        priority: int,
        ticket_number: str,
        card: Mapping[str, Any],
    ) -> HandoffRecord:
        """Make an open handoff more urgent, whatever state it is in."""
        merged = {**(await self.get(handoff_id)).card, **card}
        changes = {
            "kind": kind,
            "level": level,
            "priority": priority,
            "ticket_number": ticket_number,
        }
        async with self._engine.begin() as connection:
            await connection.execute(
                update(Handoff).where(Handoff.id == handoff_id).values(card=merged, **changes)
            )
        fields = {name: str(value) for name, value in changes.items()}
        fields["card"] = json.dumps(merged, ensure_ascii=False)
        await self._redis.hset(redis_keys.handoff(handoff_id), mapping=fields)
        await self._redis.xadd(redis_keys.HANDOFFS, {"id": handoff_id, "state": "raised"})
        return await self.get(handoff_id)

    async def get(self, handoff_id: str) -> HandoffRecord:
        """Return a handoff.

        Raises:
            ZhibanError: HANDOFF_UNKNOWN.
        """
        fields = await self._redis.hgetall(redis_keys.handoff(handoff_id))
        if not fields:
            raise ZhibanError("没有这次转接 / no such handoff", code=ErrorCode.HANDOFF_UNKNOWN)
        return HandoffRecord.from_hash(fields)

    async def open(self) -> list[HandoffRecord]:
        """Return all open handoffs, most urgent and oldest first."""
        ids = await self._redis.smembers(redis_keys.OPEN_HANDOFFS)
        # One round trip for all: a new emergency looks here before it is stored.
        async with self._redis.pipeline(transaction=False) as pipeline:
            for handoff_id in ids:
                pipeline.hgetall(redis_keys.handoff(handoff_id))
            hashes = await pipeline.execute()
        found = [HandoffRecord.from_hash(fields) for fields in hashes if fields]
        return sorted(found, key=lambda record: (record.priority, record.created_at))

    async def open_of_call(self, call_id: str) -> HandoffRecord | None:
        """Return the call's open handoff, if any."""
        return next((record for record in await self.open() if record.call_id == call_id), None)

    async def _announce(
        self, record: HandoffRecord, name: EventName, data: Mapping[str, Any]
    ) -> None:
        await self._timeline.append(
            record.call_id,
            name,
            {
                "handoff_id": record.id,
                "ticket_number": record.ticket_number,
                "kind": record.kind,
                "level": record.level,
                "state": record.state.value,
                "reason": record.reason,
                "agent_id": record.agent_id,
                "offered_to": record.offered_to,
                "stage": record.stage,
                "round": record.round,
                **data,
            },
        )
        await self._redis.xadd(
            redis_keys.HANDOFFS,
            {"id": record.id, "state": record.state.value},
            maxlen=100_000,
            approximate=True,
        )
