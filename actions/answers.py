"""The standard answers: read from the database, found by words and by sound (FAQ-040…044)."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.language.retrieval import AnswerIndex, Entry, confident
from bot.language.speak import speakable
from zhiban.clock import local_now
from zhiban.store.models import StandardAnswer

_TABLE = StandardAnswer.__table__
_FRESH_SECONDS = 5.0


@dataclass(frozen=True)
class Answer:
    """An approved answer.

    Attributes:
        key: its name.
        category: the ticket category of its questions.
        text: what the caller hears, ready to be spoken.
        valid_until: last day (``yyyy-mm-dd``) it may be given, or None.
    """

    key: str
    category: str
    text: str
    valid_until: str | None


class AnswerStore:
    """Finds the answer to a question, or None below the bar: nothing is ever made up.

    Only confirmed answers that have not expired are given (FAQ-043, FAQ-044). What an admin
    changes in the database counts within five seconds.

    Args:
        engine: the database.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._answers: dict[str, Answer] = {}
        self._index = AnswerIndex(())
        self._version: object = None
        self._checked_at = -_FRESH_SECONDS
        self._lock = asyncio.Lock()

    async def find(self, question: str) -> Answer | None:
        """Return the answer if one is good enough and clearly ahead of the next."""
        await self.refresh()
        matches = self._index.best(question)
        if not confident(matches):
            return None
        answer = self._answers[matches[0].key]
        today = local_now().date().isoformat()
        return None if answer.valid_until and answer.valid_until < today else answer

    async def refresh(self, *, force: bool = False) -> None:
        """Read the table again if it may have changed."""
        if not force and time.monotonic() - self._checked_at < _FRESH_SECONDS:
            return
        async with self._lock, self._engine.connect() as connection:
            rows = (await connection.execute(select(_TABLE))).mappings().all()
        self._checked_at = time.monotonic()
        version = tuple(sorted((row["key"], row["updated_at"], row["confirmed"]) for row in rows))
        if version == self._version:
            return
        today = local_now().date().isoformat()
        live = [
            row
            for row in rows
            if row["confirmed"] and not (row["valid_until"] and row["valid_until"] < today)
        ]
        self._answers = {
            row["key"]: Answer(
                row["key"], row["category"], speakable(row["answer"]), row["valid_until"]
            )
            for row in live
        }
        self._index = AnswerIndex(
            [Entry(row["key"], tuple(str(q) for q in row["questions"])) for row in live]
        )
        self._version = version

    def __len__(self) -> int:
        """Return how many answers may be given."""
        return len(self._answers)
