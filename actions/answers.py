"""The standard answers: read from the database, found by words and by sound (FAQ-040…044)."""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.language.pinyin import sounds_of
from bot.language.retrieval import AnswerIndex, Entry, Match, confident
from bot.language.speak import speakable
from zhiban.clock import local_now
from zhiban.store.models import StandardAnswer

_TABLE = StandardAnswer.__table__
_ASKING = re.compile(
    r"什么时候|什么时间|多少钱|多少|多久|几点|怎么样?|如何|为什么|为啥|能不能|可不可以|可以|行不行|要不要|是不是|有没有|"
    r"哪[里儿个些]|什么|请问|我想|我要|你们|我们|我家|需要|[吗呢吧啊呀的了嘛,，。？?]"
)
_FRESH_SECONDS = 5.0
_LOOKED_AT = 8
_AGREED_SCORE = 0.24
_AGREED_MARGIN = 0.04
_FOREIGN_SCORE = 0.6


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

    async def find(self, question: str, category: str = "") -> Answer | None:
        """Return the answer if one is good enough and clearly ahead of the next.

        Args:
            question: the caller's words.
            category: what the classifier takes it for; an answer of that category needs less
                likeness, any other one more, because two witnesses agree or do not.
        """
        await self.refresh()
        matches = self._index.best(question, k=_LOOKED_AT)
        answer = self._choose(question, matches, category)
        if answer is None or (answer.valid_until and answer.valid_until < _today()):
            return None
        return answer

    def _choose(self, question: str, matches: Sequence[Match], category: str) -> Answer | None:
        matches = [match for match in matches if _share_a_subject(question, match.question)]
        if not category:
            return self._answers[matches[0].key] if confident(matches) else None
        same = [match for match in matches if self._answers[match.key].category == category]
        if same and (same[0] is matches[0] or matches[0].score < _FOREIGN_SCORE):
            if confident(same, score=_AGREED_SCORE, margin=_AGREED_MARGIN):
                return self._answers[same[0].key]
            return None
        if confident(matches, score=_FOREIGN_SCORE):
            return self._answers[matches[0].key]
        return None

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
        today = _today()
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

    def all(self) -> tuple[Answer, ...]:
        """Return every answer that may be given."""
        return tuple(self._answers.values())


def _share_a_subject(one: str, other: str) -> bool:
    """Whether two questions have more in common than the way they ask (什么时候, 多少钱)."""
    return bool(_subject(one) & _subject(other))


def _subject(question: str) -> set[tuple[str, ...]]:
    """Return pairs of syllables of what is asked about; a lone syllable stands for itself."""
    pairs: set[tuple[str, ...]] = set()
    for part in _ASKING.split(question):
        syllables = sounds_of(part).syllables
        pairs.update(itertools.pairwise(syllables))
    return pairs


def _today() -> str:
    return local_now().date().isoformat()
