"""Makes SQL rows and timeline follow what Redis has, also after a crash in between.

Every step may be repeated by any process at any time: rows know their revision, events their key.
"""

from __future__ import annotations

import logging

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from zhiban import redis_keys
from zhiban.handoffs.mirror import Mirror
from zhiban.handoffs.record import HandoffRecord
from zhiban.handoffs.scripts import OwedEvent, Scripts
from zhiban.handoffs.states import CLOSED_STATES, EVENT_OF, HandoffState
from zhiban.redis_client import RedisClient
from zhiban.timeline.writer import Timeline

logger = logging.getLogger(__name__)


class Settlement:
    """Writes what changes owe.

    Args:
        redis: a client with ``decode_responses=True``.
        engine: the database.
        timeline: gets the owed events.
        scripts: the ledger's.
    """

    def __init__(
        self, redis: RedisClient, engine: AsyncEngine, timeline: Timeline, scripts: Scripts
    ) -> None:
        self._redis = redis
        self._timeline = timeline
        self._scripts = scripts
        self._mirror = Mirror(engine)

    async def settle(self, handoff_id: str, *, again: bool = False) -> None:
        """Write row and events of a handoff; while the database is away they stay owed.

        Args:
            handoff_id: which.
            again: a repair; those who follow changes are told only if it succeeds.
        """
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.hgetall(redis_keys.handoff(handoff_id))
            pipeline.lrange(redis_keys.handoff_outbox(handoff_id), 0, -1)
            fields, outbox = await pipeline.execute()
        if not fields:
            return
        record = HandoffRecord.from_hash(fields)
        recorded = await self._record(record)
        for raw in outbox:
            owed = OwedEvent.from_json(handoff_id, raw)
            await self._timeline.append(
                record.call_id, owed.name, owed.data, at=owed.at, once=owed.key
            )
        if recorded or not again:
            await self._redis.xadd(
                redis_keys.HANDOFFS,
                {"id": handoff_id, "state": record.state.value},
                maxlen=100_000,
                approximate=True,
            )
        if recorded:
            await self._scripts.settle(handoff_id, record.rev)
            if record.state in CLOSED_STATES:
                # Last of all: what is in this set is looked at, and settled, by the clock.
                await self._redis.srem(redis_keys.OPEN_HANDOFFS, handoff_id)

    async def store(self, record: HandoffRecord, *, by: str) -> HandoffRecord:
        """Store a new handoff in both stores; storing it again changes nothing."""
        if record.rev == 1:
            try:
                await self._mirror.insert(record)
            except (SQLAlchemyError, OSError) as error:
                # Somebody must be rung all the same; the row is written when it can be.
                logger.error("handoff %s not recorded yet: %s", record.id, type(error).__name__)
        return await self._to_redis(record, by=by)

    async def recover(self, call_id: str = "") -> list[HandoffRecord]:
        """Bring back open handoffs, of one call or of all, that Redis does not have (any more).

        A process died between the two stores, or Redis lost its newest writes.
        """
        recovered = []
        for row in await self._mirror.open(call_id):
            fields = await self._redis.hgetall(redis_keys.handoff(row.id))
            if fields:
                record = HandoffRecord.from_hash(fields)
                if record.rev < row.rev:
                    await self._mirror.go_back(record, row.rev)
                if record.state not in CLOSED_STATES:
                    await self._redis.sadd(redis_keys.OPEN_HANDOFFS, row.id)
            else:
                values = {
                    name: value
                    for name, value in row._mapping.items()
                    if name in HandoffRecord.__dataclass_fields__
                }
                lost = HandoffRecord(**values | {"state": HandoffState(row.state)})
                logger.error("handoff %s (%s) is brought back from its row", lost.id, lost.state)
                record = await self._to_redis(lost, by="desk")
            recovered.append(record)
        return recovered

    async def _to_redis(self, record: HandoffRecord, *, by: str) -> HandoffRecord:
        # In the set of open ones first: a hash outside it would be seen by nobody.
        await self._redis.sadd(redis_keys.OPEN_HANDOFFS, record.id)
        owed = [(EVENT_OF[record.state], {"by": by})] if record.rev <= 1 else []
        stored = await self._scripts.create(record.id, record.to_hash(), owed)
        await self.settle(record.id)
        return HandoffRecord.from_hash(stored)

    async def _record(self, record: HandoffRecord) -> bool:
        try:
            await self._mirror.follow(record)
        except (SQLAlchemyError, OSError) as error:
            logger.error("handoff %s not recorded yet: %s", record.id, type(error).__name__)
            return False
        return True
