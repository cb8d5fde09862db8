"""One desk process runs the clock; the lock falls to another when it dies."""

from __future__ import annotations

import secrets

from handoff import keys
from zhiban import redis_keys
from zhiban.redis_client import RedisClient

LEASE_MS = 3_000
"""A dead leader is replaced after at most this long."""

_RENEW = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0
"""
_RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""


class Leadership:
    """A lease on being the clock.

    Args:
        redis: a client with ``decode_responses=True``.
    """

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._token = secrets.token_hex(8)
        self._renew = redis.register_script(_RENEW)
        self._release = redis.register_script(_RELEASE)

    async def hold(self) -> bool:
        """Take or renew the lease; return whether this process leads."""
        if await self._renew(keys=[redis_keys.DESK_LEADER], args=[self._token, LEASE_MS]):
            return True
        return bool(
            await self._redis.set(redis_keys.DESK_LEADER, self._token, nx=True, px=LEASE_MS)
        )

    async def wait_for_vacancy(self) -> None:
        """Return when the present leader's lease runs out or it steps down."""
        remaining = await self._redis.pttl(redis_keys.DESK_LEADER)
        await self._redis.xread(
            {keys.PRESENCE_CHANGES: "$"}, block=max(10, min(int(remaining), LEASE_MS))
        )

    async def step_down(self) -> None:
        """Give the lease up and wake the others."""
        if await self._release(keys=[redis_keys.DESK_LEADER], args=[self._token]):
            await self._redis.xadd(
                keys.PRESENCE_CHANGES, {"agent": ""}, maxlen=1_000, approximate=True
            )
