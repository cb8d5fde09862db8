"""One process at a time settles a call; the lock of one that died runs out."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from zhiban import redis_keys
from zhiban.redis_client import RedisClient

_LOCK_MS = 30_000
_UNLOCK = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""


@asynccontextmanager
async def settling(redis: RedisClient, call_id: str) -> AsyncIterator[bool]:
    """Try to lock a call; gives False when another process is at it."""
    key, token = redis_keys.settling(call_id), secrets.token_hex(8)
    if not await redis.set(key, token, nx=True, px=_LOCK_MS):
        yield False
        return
    try:
        yield True
    finally:
        await redis.eval(_UNLOCK, 1, key, token)
