"""Opens Redis the way every room uses it: text answers, waiting reads, a short connect time-out."""

from __future__ import annotations

from typing import Any, TypeAlias

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError

RedisClient: TypeAlias = Any
"""A ``redis.asyncio.Redis`` with ``decode_responses=True``.

redis-py's annotations cannot tell text from bytes answers, hence Any.
"""

BLOCK_MS = 2_000
"""How long a blocking read waits before it looks around."""
_CONNECT_SECONDS = 2.0
_RETRIES = 3


def open_redis(url: str) -> RedisClient:
    """Return a client; commands are repeated up to three times over a lost connection.

    It has no read time-out: with one, redis-py breaks off reads that wait for an event, and on
    Python 3.11 its write path (``asyncio.wait_for``) swallows about half of all task
    cancellations, so that a process would not stop. Keep-alive probes find a dead server, and
    whoever must not wait sets a deadline of their own (``asyncio.timeout``).
    """
    return Redis.from_url(
        url,
        decode_responses=True,
        socket_timeout=None,
        socket_keepalive=True,
        socket_connect_timeout=_CONNECT_SECONDS,
        health_check_interval=15,
        retry=Retry(ExponentialBackoff(cap=0.5, base=0.05), _RETRIES),
        retry_on_error=[RedisConnectionError],
    )
