"""Reads a call's events: all so far, or live as they come."""

from __future__ import annotations

from collections.abc import AsyncIterator

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from zhiban import redis_keys
from zhiban.redis_client import BLOCK_MS, RedisClient
from zhiban.store.models import CallEvent
from zhiban.timeline.events import EventName, TimelineEvent


async def read_call(call_id: str, redis: RedisClient, engine: AsyncEngine) -> list[TimelineEvent]:
    """Return all events of a call in order: the SQL record completed by what Redis holds."""
    found: dict[int, TimelineEvent] = {}
    async with engine.connect() as connection:
        rows = await connection.execute(
            select(CallEvent.seq, CallEvent.at, CallEvent.name, CallEvent.data).where(
                CallEvent.call_id == call_id
            )
        )
        for seq, at, name, data in rows:
            found[seq] = TimelineEvent(call_id, seq, at, name, data)
    for _, fields in await redis.xrange(redis_keys.call_events(call_id)):
        event = TimelineEvent.from_fields(fields)
        found[event.seq] = event
    return [found[seq] for seq in sorted(found)]


async def follow_call(
    call_id: str, redis: RedisClient, *, after: str = "0", until_end: bool = True
) -> AsyncIterator[TimelineEvent]:
    """Yield the call's events from the beginning (or after a stream id) and then as they come.

    Ends after ``call.ended`` when ``until_end``; otherwise only by cancellation.
    """
    key, last = redis_keys.call_events(call_id), after
    while True:
        for _, entries in await redis.xread({key: last}, block=BLOCK_MS) or []:
            for entry_id, fields in entries:
                last = entry_id
                event = TimelineEvent.from_fields(fields)
                yield event
                if until_end and event.name == EventName.CALL_ENDED:
                    return
