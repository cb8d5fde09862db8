"""Redis keys only the desk uses; shared ones are in zhiban.redis_keys."""

from __future__ import annotations

PRESENCE_CHANGES = "zhiban:desk:presence"
"""Stream: field ``agent``; somebody came, went, or became ready or away."""

REMINDER_CHANGES = "zhiban:desk:reminders"
"""Stream: field ``id``; a reminder was set, fell due, was done or is over."""


def session(digest: str) -> str:
    """JSON of a signed-in session, by the SHA-256 of its cookie."""
    return f"zhiban:desk:session:{digest}"
