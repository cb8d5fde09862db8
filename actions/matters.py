"""Two matters in one breath: the urgent one first, the other is kept."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Any

import aiohttp

from actions.flow.words import split_matters
from actions.turn import FALLBACK, QUESTION_INTENTS, REPAIR_INTENTS, Turn
from bot.language.emergency import EMERGENCY_PREFIX

logger = logging.getLogger(__name__)

_PARSE_SECONDS = 1.0
_LEAST = 0.4
_URGENT_FIRST = ("leak", "power_fault", "lift_fault")


class Parser:
    """Asks the dialogue engine what a part of a turn means.

    Args:
        url: base URL of the engine.
    """

    def __init__(self, url: str) -> None:
        self._url = f"{url.rstrip('/')}/model/parse"
        self._session: aiohttp.ClientSession | None = None

    async def parse(self, text: str) -> tuple[str, float]:
        """Return intent and confidence; the fallback when the engine does not answer in time."""
        if self._session is None:
            self._session = aiohttp.ClientSession()
        limit = aiohttp.ClientTimeout(total=_PARSE_SECONDS)
        try:
            async with self._session.post(self._url, json={"text": text}, timeout=limit) as answer:
                answer.raise_for_status()
                parsed: dict[str, Any] = await answer.json()
        except (aiohttp.ClientError, TimeoutError) as error:
            logger.warning("a part of a turn was not parsed: %s", type(error).__name__)
            return FALLBACK, 0.0
        intent = parsed.get("intent") or {}
        return str(intent.get("name") or FALLBACK), float(intent.get("confidence") or 0.0)

    async def close(self) -> None:
        """Close connections."""
        if self._session is not None:
            await self._session.close()


@dataclass(frozen=True)
class Matters:
    """A turn cut into what is dealt with now and what is kept.

    Attributes:
        now: the turn with the words and the intent of the urgent matter.
        later: the words of the other one; empty when there was only one.
    """

    now: Turn
    later: str


async def sort_matters(turn: Turn, parser: Parser) -> Matters:
    """Cut a turn in two if it names two matters, the more urgent one first."""
    first, second = split_matters(turn.text)
    if not second:
        return Matters(turn, "")
    parts = []
    for words in (first, second):
        intent, confidence = await parser.parse(words)
        parts.append((words, intent if confidence >= _LEAST else FALLBACK, confidence))
    if parts[0][1] == FALLBACK:
        return Matters(turn, second)
    parts.sort(key=lambda part: _rank(part[1]))
    words, intent, confidence = parts[0]
    now = replace(
        turn,
        text=words,
        intent=intent,
        confidence=confidence,
        ranking=((intent, confidence),),
    )
    return Matters(now, parts[1][0])


def _rank(intent: str) -> int:
    """Return how soon a matter must be dealt with; lower is sooner."""
    if intent.startswith(EMERGENCY_PREFIX):
        return 0
    if intent in _URGENT_FIRST:
        return 1
    if intent in REPAIR_INTENTS or intent == "security":
        return 2
    if intent.startswith("complaint_"):
        return 3
    if intent in QUESTION_INTENTS:
        return 5
    return 6 if intent == FALLBACK else 4
