"""Signed-in sessions: kept on the server (Redis), known to the browser by an opaque cookie."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass

from handoff import keys
from zhiban.redis_client import RedisClient

SESSION_SECONDS = 12 * 3600
"""Idle life of a session: a long night shift."""
COOKIE = "zhiban_desk"


@dataclass(frozen=True)
class Session:
    """A session as stored.

    Attributes:
        csrf: must come back with every POST.
    """

    user_id: str
    csrf: str

    def accepts(self, csrf: str) -> bool:
        """Return whether this is the session's anti-forgery token."""
        return hmac.compare_digest(self.csrf.encode(), csrf.encode())


class Sessions:
    """Opens, finds and ends sessions.

    Args:
        redis: a client with ``decode_responses=True``.
    """

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    async def begin(self, user_id: str) -> str:
        """Open a session and return the cookie's value."""
        cookie = secrets.token_urlsafe(32)
        content = json.dumps({"user_id": user_id, "csrf": secrets.token_urlsafe(24)})
        await self._redis.set(_key(cookie), content, ex=SESSION_SECONDS)
        return cookie

    async def find(self, cookie: str | None) -> Session | None:
        """Return the session of a cookie and prolong it."""
        if not cookie:
            return None
        content = await self._redis.getex(_key(cookie), ex=SESSION_SECONDS)
        return Session(**json.loads(content)) if content else None

    async def end(self, cookie: str | None) -> None:
        """Forget a session."""
        if cookie:
            await self._redis.delete(_key(cookie))


def _key(cookie: str) -> str:
    # Who reads Redis must not be able to take a session over.
    return keys.session(hashlib.sha256(cookie.encode()).hexdigest())
