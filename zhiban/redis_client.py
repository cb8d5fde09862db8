"""Opens Redis the way every room uses it: text answers, a short connect time-out."""

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

_CONNECT_SECONDS = 2.0
_ANSWER_SECONDS = 5.0
BLOCK_MS = 2_000
"""How long a blocking read may wait; well below the time an answer may take."""
_RETRIES = 3


def open_redis(url: str) -> RedisClient:
    """Return a client; commands are repeated up to three times over a lost connection."""
    return Redis.from_url(
        url,
        decode_responses=True,
        socket_connect_timeout=_CONNECT_SECONDS,
        socket_timeout=_ANSWER_SECONDS,
        health_check_interval=15,
        retry=Retry(ExponentialBackoff(cap=0.5, base=0.05), _RETRIES),
        retry_on_error=[RedisConnectionError],
    )
