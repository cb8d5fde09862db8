"""The ledger of handoffs: every move is stored before anyone acts on it.

Redis (appendonly) holds the present state and settles races; SQL keeps the record; the call's
timeline gets one event for each move. A move is one step in Redis; row and event follow it, and
whoever comes next writes them if this process dies before it could.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from zhiban import redis_keys
from zhiban.clock import iso_ms, utc_now
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.handoffs.record import HandoffRecord
from zhiban.handoffs.scripts import ANY, CONFLICT, UNKNOWN, Owed, Scripts
from zhiban.handoffs.settlement import Settlement
from zhiban.handoffs.states import (
    CLOSED_STATES,
    EVENT_OF,
    HandoffReason,
    HandoffState,
    is_legal,
)
from zhiban.redis_client import RedisClient
from zhiban.timeline.events import EventName
from zhiban.timeline.writer import Timeline

_ANSWERED = (HandoffState.ACCEPTED, HandoffState.BRIEFING, HandoffState.BRIDGED)

Changes = Mapping[str, str | int]


class HandoffLedger:
    """Creates and moves handoffs.

    Args:
        redis: a client with ``decode_responses=True``.
        engine: the database.
        timeline: gets one event for each move.
        now: tells the time, UTC.
    """

    def __init__(
        self,
        redis: RedisClient,
        engine: AsyncEngine,
        timeline: Timeline,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._redis = redis
        self._now = now
        self._scripts = Scripts(redis)
        self._settlement = Settlement(redis, engine, timeline, self._scripts)

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

        A call has at most one open handoff: asking again returns the open one, also one that
        reached only the database before a crash.
        """
        known = await self.open_of_call(call_id)
        if known is not None:
            return known
        now = iso_ms(self._now())
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
            rev=1,
        )
        return await self._settlement.store(record, by="bot")

    async def move(
        self,
        handoff_id: str,
        before: HandoffState,
        after: HandoffState,
        reason: HandoffReason,
        *,
        by: str,
        changes: Changes | None = None,
        data: Mapping[str, Any] | None = None,
        owner: str | None = None,
        rev: int | None = None,
        first: Owed = (),
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
            rev: move it only while it is at this revision; None for any.
            first: events that belong to this move and come before its own.

        Raises:
            ZhibanError: HANDOFF_ILLEGAL for an edge that does not exist, HANDOFF_CONFLICT when
                somebody else moved it first (its message names the present state),
                HANDOFF_UNKNOWN.
        """
        if not is_legal(before, after):
            raise ZhibanError(
                f"handoff cannot go from {before} to {after}", code=ErrorCode.HANDOFF_ILLEGAL
            )
        pairs: dict[str, str | int] = {
            "state": after.value,
            "reason": reason.value,
            "updated_at": iso_ms(self._now()),
            **(changes or {}),
        }
        if before in _ANSWERED and after in (HandoffState.AGENT_LOST, HandoffState.OFFERED):
            pairs["sought_since"] = iso_ms(self._now())
        if after is HandoffState.ACCEPTED:
            pairs |= {"wanted_agent": "", "wanted_role": ""}
        own = (EVENT_OF[after], {"by": by, **(data or {})})
        return await self._change(handoff_id, pairs, (*first, own), state=before.value, owner=owner)

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
        now = iso_ms(self._now())
        return await self._change(
            handoff_id,
            {
                "reason": HandoffReason.CONSULT_COMPLETED.value,
                "agent_id": to_agent,
                "agent_name": to_name or to_agent,
                "accepted_at": now,
                "updated_at": now,
            },
            [_owner_changed(from_agent, to_agent, by)],
            state=HandoffState.BRIDGED.value,
            owner=from_agent,
        )

    async def claim(self, handoff_id: str, agent_id: str, name: str) -> HandoffRecord:
        """Give a due call-back to an agent, so that no two ring the same caller.

        Raises:
            ZhibanError: HANDOFF_CONFLICT when another has it or it is not due, HANDOFF_UNKNOWN.
        """
        record = await self.get(handoff_id)
        if record.state is HandoffState.CALLBACK_DUE and record.agent_id == agent_id:
            return record
        return await self._change(
            handoff_id,
            {
                "agent_id": agent_id,
                "agent_name": name,
                "reason": HandoffReason.CALLBACK_CLAIMED.value,
                "claimed_at": iso_ms(self._now()),
            },
            [_owner_changed("", agent_id, agent_id)],
            state=HandoffState.CALLBACK_DUE.value,
            owner="",
        )

    async def release(
        self, handoff_id: str, agent_id: str, reason: HandoffReason, *, by: str
    ) -> HandoffRecord:
        """Take a due call-back from an agent: whoever is free calls back.

        Raises:
            ZhibanError: HANDOFF_CONFLICT when it is not theirs (any more), HANDOFF_UNKNOWN.
        """
        return await self._change(
            handoff_id,
            {
                "agent_id": "",
                "agent_name": "",
                "accepted_at": "",
                "claimed_at": "",
                "reason": reason.value,
            },
            [_owner_changed(agent_id, "", by)],
            state=HandoffState.CALLBACK_DUE.value,
            owner=agent_id,
        )

    async def note(self, record: HandoffRecord, changes: Changes, owed: Owed) -> HandoffRecord:
        """Write fields that belong to the present state, with the events they owe.

        Raises:
            ZhibanError: HANDOFF_CONFLICT when it is not as in ``record`` any more.
        """
        return await self._change(record.id, changes, owed, rev=record.rev)

    async def update_card(self, handoff_id: str, changes: Mapping[str, Any]) -> HandoffRecord:
        """Merge newly learned facts into the card (no event: the ticket's update is one)."""
        return await self._merge(handoff_id, {}, changes)

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
        changes: Changes = {
            "kind": kind,
            "level": level,
            "priority": priority,
            "ticket_number": ticket_number,
        }
        return await self._merge(handoff_id, changes, card)

    async def get(self, handoff_id: str) -> HandoffRecord:
        """Return a handoff.

        Raises:
            ZhibanError: HANDOFF_UNKNOWN.
        """
        fields = await self._redis.hgetall(redis_keys.handoff(handoff_id))
        if not fields:
            raise _unknown()
        return HandoffRecord.from_hash(fields)

    async def open(self) -> list[HandoffRecord]:
        """Return all open handoffs, most urgent and oldest first."""
        found = [record for record in await self._listed() if record.state not in CLOSED_STATES]
        return sorted(found, key=lambda record: (record.priority, record.created_at))

    async def open_of_call(self, call_id: str) -> HandoffRecord | None:
        """Return the call's open handoff, if any."""
        for record in await self.open():
            if record.call_id == call_id:
                return record
        recovered = await self._settlement.recover(call_id)
        return next((r for r in recovered if r.state not in CLOSED_STATES), None)

    async def recover(self) -> None:
        """Put right what a crash left: handoffs only in SQL, rows and events not written."""
        await self._settlement.recover()
        for record in await self._listed():
            if not record.is_settled or record.state in CLOSED_STATES:
                await self.settle(record.id)

    async def settle(self, handoff_id: str) -> None:
        """Write row and events that a handoff still owes; harmless to repeat."""
        await self._settlement.settle(handoff_id, again=True)

    async def _merge(
        self, handoff_id: str, changes: Changes, card: Mapping[str, Any]
    ) -> HandoffRecord:
        while True:
            record = await self.get(handoff_id)
            merged = json.dumps({**record.card, **card}, ensure_ascii=False)
            try:
                return await self._change(
                    handoff_id, {**changes, "card": merged}, (), rev=record.rev
                )
            except ZhibanError as error:
                # Somebody wrote in the same moment: merge with that.
                if error.code is not ErrorCode.HANDOFF_CONFLICT:
                    raise

    async def _change(
        self,
        handoff_id: str,
        changes: Changes,
        owed: Owed,
        *,
        state: str = ANY,
        owner: str | None = None,
        rev: int | None = None,
    ) -> HandoffRecord:
        answer = await self._scripts.change(
            handoff_id,
            changes,
            owed,
            state=state,
            owner=ANY if owner is None else owner,
            rev=ANY if rev is None else str(rev),
            token=uuid.uuid4().hex,
        )
        if answer.outcome == UNKNOWN:
            raise _unknown()
        if answer.outcome == CONFLICT:
            raise ZhibanError(f"handoff is already {answer.state}", code=ErrorCode.HANDOFF_CONFLICT)
        await self._settlement.settle(handoff_id)
        return HandoffRecord.from_hash(answer.fields)

    async def _listed(self) -> list[HandoffRecord]:
        ids = await self._redis.smembers(redis_keys.OPEN_HANDOFFS)
        # One round trip for all: a new emergency looks here before it is stored.
        async with self._redis.pipeline(transaction=False) as pipeline:
            for handoff_id in ids:
                pipeline.hgetall(redis_keys.handoff(handoff_id))
            hashes = await pipeline.execute()
        return [HandoffRecord.from_hash(fields) for fields in hashes if fields]


def _owner_changed(from_agent: str, to_agent: str, by: str) -> tuple[EventName, Mapping[str, Any]]:
    return EventName.HANDOFF_TRANSFERRED, {
        "by": by,
        "from_agent": from_agent,
        "to_agent": to_agent,
    }


def _unknown() -> ZhibanError:
    return ZhibanError("没有这次转接 / no such handoff", code=ErrorCode.HANDOFF_UNKNOWN)
