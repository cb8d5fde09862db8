"""Opens Redis for a process that waits on streams for its living."""

from __future__ import annotations

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError

from zhiban.redis_client import RedisClient

_CONNECT_SECONDS = 2.0
_RETRIES = 3


def open_waiting_redis(url: str) -> RedisClient:
    """Return a client without a read time-out; keep-alive probes find a dead server.

    With a read time-out redis-py breaks off reads that wait longer for an event, and on
    Python 3.11 its write path (``asyncio.wait_for``) swallows about half of all task
    cancellations, so that a process would not stop.
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
