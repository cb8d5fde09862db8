"""The standard answers: read from the database, found by words and by sound (FAQ-040…044)."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from sqlalchemy import RowMapping, select
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

    Only confirmed answers that have not expired are given (FAQ-043, FAQ-044). The others are
    looked for all the same: a question that is theirs is not a neighbour's. What an admin changes
    in the database counts within five seconds.

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

    async def find(self, question: str, category: str = "") -> Answer | None:
        """Return the answer if it is almost sure that it is the one that is meant.

        Args:
            question: the caller's words.
            category: what the classifier takes it for. An answer of that category gets a head
                start; clear words win over the classifier, which is wrong more often.
        """
        await self.refresh()
        matches = self._index.best(question, k=1, group=category)
        answer = self._answers.get(matches[0].key) if confident(matches) else None
        if answer is None or (answer.valid_until and answer.valid_until < _today()):
            return None
        return answer

    async def refresh(self, *, force: bool = False) -> None:
        """Read the table again if it may have changed."""
        if not force and time.monotonic() - self._checked_at < _FRESH_SECONDS:
            return
        async with self._lock:
            async with self._engine.connect() as connection:
                rows = (await connection.execute(select(_TABLE))).mappings().all()
            self._checked_at = time.monotonic()
            version = tuple(
                sorted((row["key"], row["updated_at"], row["confirmed"]) for row in rows)
            )
            if version == self._version:
                return
            # Calls go on while a large store is taken apart.
            self._index = await asyncio.to_thread(AnswerIndex, [_entry(row) for row in rows])
            self._answers = {row["key"]: _answer(row) for row in rows if _may_be_given(row)}
            self._version = version

    def __len__(self) -> int:
        """Return how many answers may be given."""
        return len(self._answers)

    def all(self) -> tuple[Answer, ...]:
        """Return every answer that may be given."""
        return tuple(self._answers.values())


def _entry(row: RowMapping) -> Entry:
    questions = tuple(str(question) for question in row["questions"])
    return Entry(row["key"], questions, row["category"], row["answer"] if row["confirmed"] else "")


def _may_be_given(row: RowMapping) -> bool:
    return bool(row["confirmed"]) and not (row["valid_until"] and row["valid_until"] < _today())


def _answer(row: RowMapping) -> Answer:
    return Answer(row["key"], row["category"], speakable(row["answer"]), row["valid_until"])


def _today() -> str:
    return local_now().date().isoformat()
