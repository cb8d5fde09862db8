"""The audit log: who did what at the desk, and when (SEC-015)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from zhiban.clock import iso_ms, utc_now
from zhiban.store.models import AuditLog


class Audit:
    """Writes the log.

    Args:
        engine: the database.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def write(
        self, user_id: str, action: str, target: str = "", data: Mapping[str, Any] | None = None
    ) -> None:
        """Add one line; ``data`` holds no personal data."""
        async with self._engine.begin() as connection:
            await connection.execute(
                insert(AuditLog).values(
                    at=iso_ms(utc_now()),
                    user_id=user_id[:64],
                    action=action,
                    target=target,
                    data=dict(data or {}),
                )
            )
