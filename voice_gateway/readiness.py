"""Whether this process may take calls, and what is missing if not."""

from __future__ import annotations

from typing import Any

from redis.exceptions import RedisError

from voice_gateway.services import Services
from zhiban.community.required_phrases import PROTECTED_PHRASES


class Readiness:
    """Looks at what a call depends on.

    Protected sentences and Redis are a must. The dialogue engine is not: without it a caller is
    put through to a person.

    Args:
        services: what to look at.
    """

    def __init__(self, services: Services) -> None:
        self._services = services

    def missing_sentences(self) -> tuple[str, ...]:
        """Return the protected sentences that are not in the speech cache."""
        community = self._services.community
        texts = [community.phrase(key) for key in PROTECTED_PHRASES]
        return self._services.speaker.missing(texts)

    async def look(self) -> dict[str, Any]:
        """Return the state of each part, and whether calls may come."""
        missing = len(self.missing_sentences())
        try:
            redis_up = bool(await self._services.redis.ping())
        except (RedisError, OSError):
            redis_up = False
        return {
            "ready": redis_up and missing == 0,
            "redis": redis_up,
            "dialogue": await self._services.dialogue.healthy(),
            "recogniser": self._services.recogniser.name,
            "missing_sentences": missing,
        }
