"""Keeps the floor in the handoff's own hash, so that a reload or another process sees it."""

from __future__ import annotations

from collections.abc import Callable

from zhiban import redis_keys
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.floor.model import Floor
from zhiban.handoffs import HandoffRecord
from zhiban.redis_client import RedisClient

FIELD = "floor"
"""Name of the hash field."""

# Written only over what was read, and only while the state and the owner are still those seen.
_CHANGE = """
local floor, state, owner = unpack(redis.call('HMGET', KEYS[1], 'floor', 'state', 'agent_id'))
if (floor or '') ~= ARGV[1] or state ~= ARGV[3] or (owner or '') ~= ARGV[4] then return 0 end
redis.call('HSET', KEYS[1], 'floor', ARGV[2])
return 1
"""


class FloorBook:
    """Reads and changes floors.

    Args:
        redis: a client with ``decode_responses=True``.
    """

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._change = redis.register_script(_CHANGE)

    async def read(self, handoff_id: str) -> tuple[HandoffRecord, Floor]:
        """Return a handoff and its floor, as of one moment.

        Raises:
            ZhibanError: HANDOFF_UNKNOWN.
        """
        record, raw = await self._load(handoff_id)
        return record, Floor.from_json(raw).settled(record.agent_id)

    async def change(
        self, handoff_id: str, step: Callable[[HandoffRecord, Floor], Floor]
    ) -> tuple[HandoffRecord, Floor, Floor]:
        """Take a step, again on the newer floor if somebody else was faster.

        Args:
            handoff_id: which.
            step: gets handoff and floor, returns the next floor or raises.

        Returns:
            The handoff, the floor before and the floor after.

        Raises:
            ZhibanError: HANDOFF_UNKNOWN, or whatever the step raises.
        """
        while True:
            record, raw = await self._load(handoff_id)
            before = Floor.from_json(raw).settled(record.agent_id)
            after = step(record, before)
            stored = after.to_json()
            if stored == raw:
                return record, before, after
            written = await self._change(
                keys=[redis_keys.handoff(handoff_id)],
                args=[raw, stored, record.state.value, record.agent_id],
            )
            if written:
                await self._redis.xadd(redis_keys.HANDOFFS, {"id": handoff_id, "state": FIELD})
                return record, before, after

    async def _load(self, handoff_id: str) -> tuple[HandoffRecord, str]:
        fields = await self._redis.hgetall(redis_keys.handoff(handoff_id))
        if not fields:
            raise ZhibanError("没有这次转接 / no such handoff", code=ErrorCode.HANDOFF_UNKNOWN)
        return HandoffRecord.from_hash(fields), str(fields.get(FIELD, ""))
