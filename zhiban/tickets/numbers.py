"""Ticket numbers: prefix + yyyymmdd + running number, unique under concurrency (TAX-125)."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from zhiban.store.models import TicketSequence


async def next_number(connection: AsyncConnection, prefix: str, day: date) -> str:
    """Take the next number of the prefix on that day, within the caller's transaction.

    One upsert both counts and locks, so two writers can never get the same number. Past 999
    the running part simply grows.
    """
    insert: Any = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
    stamp = day.strftime("%Y%m%d")
    statement = (
        insert(TicketSequence)
        .values(prefix=prefix, day=stamp, last=1)
        .on_conflict_do_update(
            index_elements=["prefix", "day"], set_={"last": TicketSequence.last + 1}
        )
        .returning(TicketSequence.last)
    )
    running = (await connection.execute(statement)).scalar_one()
    return f"{prefix}{stamp}{running:03d}"
