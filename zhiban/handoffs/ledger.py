"""The ledger of handoffs: every move is stored before anyone acts on it.

Redis (appendonly) holds the present state and settles races; SQL keeps the record; the call's
timeline gets one event for each move. A move is one step in Redis; row and event follow it, and
whoever comes next writes them if this process dies before it could.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Mapping
from typing import Any

from zhiban import redis_keys
from zhiban.clock import iso_ms
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.handoffs.moves import Changes
from zhiban.handoffs.owners import Owners
from zhiban.handoffs.record import HandoffRecord
from zhiban.handoffs.scripts import Owed
from zhiban.handoffs.states import CLOSED_STATES, HandoffReason, HandoffState

logger = logging.getLogger(__name__)


class HandoffLedger(Owners):
    """Creates and moves handoffs.

    Args:
        redis: a client with ``decode_responses=True``.
        engine: the database.
        timeline: gets one event for each move.
        now: tells the time, UTC.
    """

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
        on_the_line: bool = True,
    ) -> HandoffRecord:
        """Store a new request; after this returns the desk is bound to serve it.

        A call has at most one open handoff: asking again returns the open one, also one that
        reached only the database before a crash. Whose caller is not on the line is rung for by
        nobody: they are to be called back.
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
            state=HandoffState.REQUESTED if on_the_line else HandoffState.CALLER_LEFT,
            reason=reason.value,
            node=node,
            created_at=now,
            updated_at=now,
            card=dict(card),
            rev=1,
        )
        return await self._settlement.store(record, by="bot")

    async def note(self, record: HandoffRecord, changes: Changes, owed: Owed) -> HandoffRecord:
        """Write fields that belong to the present state, with the events they owe.

        Raises:
            ZhibanError: HANDOFF_CONFLICT when it is not as in ``record`` any more.
        """
        return await self.change(record.id, changes, owed, rev=record.rev)

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
                return await self.change(
                    handoff_id, {**changes, "card": merged}, (), rev=record.rev
                )
            except ZhibanError as error:
                # Somebody wrote in the same moment: merge with that.
                if error.code is not ErrorCode.HANDOFF_CONFLICT:
                    raise

    async def _listed(self) -> list[HandoffRecord]:
        ids = await self._redis.smembers(redis_keys.OPEN_HANDOFFS)
        # One round trip for all: a new emergency looks here before it is stored.
        async with self._redis.pipeline(transaction=False) as pipeline:
            for handoff_id in ids:
                pipeline.hgetall(redis_keys.handoff(handoff_id))
            hashes = await pipeline.execute()
        return [record for fields in hashes if fields and (record := _readable(fields))]


def _readable(fields: Mapping[str, str]) -> HandoffRecord | None:
    try:
        return HandoffRecord.from_hash(fields)
    except (KeyError, ValueError):
        # One damaged hash must not keep all others from being found.
        logger.exception("unreadable handoff %s", fields.get("id", "?"))
        return None
