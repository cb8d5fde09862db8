"""The SQL record of handoffs: a row that follows the Redis hash and can bring it back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from zhiban.handoffs.record import HandoffRecord
from zhiban.handoffs.states import CLOSED_STATES
from zhiban.store.models import Handoff

_CLOSED = tuple(state.value for state in CLOSED_STATES)


class Mirror:
    """Reads and writes the rows.

    Args:
        engine: the database.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def insert(self, record: HandoffRecord) -> None:
        """Store the row of a new handoff."""
        async with self._engine.begin() as connection:
            await connection.execute(insert(Handoff).values(id=record.id, **_row(record)))

    async def follow(self, record: HandoffRecord) -> None:
        """Bring the row up to this revision; a row that is further on stays as it is."""
        async with self._engine.begin() as connection:
            changed = await connection.execute(
                update(Handoff)
                .where(Handoff.id == record.id, Handoff.rev <= record.rev)
                .values(**_row(record))
            )
            if changed.rowcount:
                return
            known = await connection.scalar(select(Handoff.rev).where(Handoff.id == record.id))
        if known is None:
            try:
                await self.insert(record)
            except IntegrityError:  # by another process in the same moment
                await self.follow(record)

    async def go_back(self, record: HandoffRecord, rev: int) -> None:
        """Make the row what Redis has, after Redis lost its newest writes."""
        async with self._engine.begin() as connection:
            await connection.execute(
                update(Handoff)
                .where(Handoff.id == record.id, Handoff.rev == rev)
                .values(**_row(record))
            )

    async def open(self, call_id: str = "") -> list[Row[Any]]:
        """Return the rows that are not closed, of one call or of all, oldest first."""
        query = select(Handoff.__table__).where(Handoff.state.not_in(_CLOSED))
        if call_id:
            query = query.where(Handoff.call_id == call_id)
        async with self._engine.connect() as connection:
            return list(await connection.execute(query.order_by(Handoff.created_at)))


def _row(record: HandoffRecord) -> dict[str, Any]:
    return {
        "call_id": record.call_id,
        "ticket_number": record.ticket_number,
        "kind": record.kind,
        "level": record.level,
        "priority": record.priority,
        "state": record.state.value,
        "reason": record.reason,
        "agent_id": record.agent_id,
        "node": record.node,
        "rev": record.rev,
        "card": dict(record.card),
        "created_at": record.created_at,
        "updated_at": record.updated_at,
    }
