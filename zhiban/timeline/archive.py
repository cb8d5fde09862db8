"""Copies the timeline from Redis to SQL; any number of processes may run it at once."""

from __future__ import annotations

import asyncio
import logging

from redis.exceptions import RedisError, ResponseError
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from zhiban import redis_keys
from zhiban.redis_client import BLOCK_MS, RedisClient
from zhiban.store.models import CallEvent, CallRecord
from zhiban.timeline.events import EventName, TimelineEvent

logger = logging.getLogger(__name__)

_BATCH = 200
_STALE_MS = 30_000
_RETRY_SECONDS = 1.0


class TimelineArchive:
    """A consumer of the timeline stream that makes the SQL record.

    An entry is acknowledged after its commit, so a crash in between repeats it; repeated
    entries are recognised by (call_id, seq).

    Args:
        redis: a client with ``decode_responses=True``.
        engine: where the record goes.
        consumer: a name unique to this process.
    """

    def __init__(self, redis: RedisClient, engine: AsyncEngine, consumer: str) -> None:
        self._redis = redis
        self._engine = engine
        self._consumer = consumer

    async def run(self) -> None:
        """Copy until cancelled; outages of either side are waited out."""
        while True:
            try:
                await self._ensure_group()
                await self._take_over_stale()
                while True:
                    await self._copy_new()
            except (RedisError, SQLAlchemyError, OSError) as error:
                logger.error("timeline archive: %s, trying again", type(error).__name__)
                await asyncio.sleep(_RETRY_SECONDS)

    async def copy_pending(self) -> int:
        """Copy what is there now; return how many events (for tests and shutdown)."""
        await self._ensure_group()
        return await self._copy_new(block_ms=None)

    async def _ensure_group(self) -> None:
        try:
            await self._redis.xgroup_create(
                redis_keys.TIMELINE, redis_keys.ARCHIVE_GROUP, id="0", mkstream=True
            )
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    async def _take_over_stale(self) -> None:
        claimed = await self._redis.xautoclaim(
            redis_keys.TIMELINE, redis_keys.ARCHIVE_GROUP, self._consumer, _STALE_MS, "0"
        )
        await self._copy(claimed[1])

    async def _copy_new(self, block_ms: int | None = BLOCK_MS) -> int:
        answer = await self._redis.xreadgroup(
            redis_keys.ARCHIVE_GROUP,
            self._consumer,
            {redis_keys.TIMELINE: ">"},
            count=_BATCH,
            block=block_ms,
        )
        entries = [entry for _, batch in answer or [] for entry in batch]
        await self._copy(entries)
        return len(entries)

    async def _copy(self, entries: list[tuple[str, dict[str, str]]]) -> None:
        if not entries:
            return
        events = [TimelineEvent.from_fields(fields) for _, fields in entries if fields]
        try:
            async with self._engine.begin() as connection:
                await connection.execute(insert(CallEvent), [_row(event) for event in events])
                await _record_calls(connection, events)
        except IntegrityError:
            # Some were copied by a process that died before acknowledging: one by one.
            for event in events:
                await self._copy_one(event)
        await self._redis.xack(
            redis_keys.TIMELINE, redis_keys.ARCHIVE_GROUP, *[entry_id for entry_id, _ in entries]
        )

    async def _copy_one(self, event: TimelineEvent) -> None:
        async with self._engine.begin() as connection:
            known = await connection.scalar(
                select(CallEvent.seq).where(
                    CallEvent.call_id == event.call_id, CallEvent.seq == event.seq
                )
            )
            if known is None:
                await connection.execute(insert(CallEvent), [_row(event)])
                await _record_calls(connection, [event])


def _row(event: TimelineEvent) -> dict[str, object]:
    return {
        "call_id": event.call_id,
        "seq": event.seq,
        "at": event.at,
        "name": event.name,
        "data": dict(event.data),
    }


async def _record_calls(connection: AsyncConnection, events: list[TimelineEvent]) -> None:
    for event in events:
        if event.name == EventName.CALL_STARTED:
            known = await connection.scalar(
                select(CallRecord.call_id).where(CallRecord.call_id == event.call_id)
            )
            if known is None:
                await connection.execute(
                    insert(CallRecord).values(
                        call_id=event.call_id,
                        caller=event.data.get("caller", ""),
                        channel=event.data.get("channel", ""),
                        started_at=event.at,
                    )
                )
        elif event.name == EventName.CALL_ENDED:
            await connection.execute(
                update(CallRecord)
                .where(CallRecord.call_id == event.call_id)
                .values(ended_at=event.at, end_reason=event.data.get("reason", ""))
            )
