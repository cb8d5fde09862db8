"""Several matters in one breath: the most urgent first, all others wait for their turn."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import aiohttp

from actions.turn import (
    FALLBACK,
    PROGRESS_INTENT,
    QUESTION_INTENTS,
    REPAIR_INTENTS,
    REQUEST_INTENTS,
    Turn,
)
from actions.waiting import Waiting
from bot.language.emergency import EMERGENCY_PREFIX, second_opinion
from bot.language.matter_clauses import Joint
from bot.language.matters import candidates, settled

logger = logging.getLogger(__name__)

_PARSE_SECONDS = 1.0
_LEAST = 0.4
_SHORTEST_UNKNOWN = 6
_URGENT_FIRST = ("leak", "power_fault", "lift_fault")
_NOT_UNDERSTOOD = ("", 0.0)

Meaning = tuple[str, float]
"""Intent and confidence of a piece; ``""`` when it is no matter or was not understood."""


class Parser:
    """Asks the dialogue engine what a part of a turn means.

    Args:
        url: base URL of the engine.
    """

    def __init__(self, url: str) -> None:
        self._url = f"{url.rstrip('/')}/model/parse"
        self._session: aiohttp.ClientSession | None = None

    async def meanings(self, texts: Iterable[str]) -> dict[str, Meaning]:
        """Return what each text means; not understood when the engine does not answer in time."""
        wanted = list(dict.fromkeys(filter(None, texts)))
        found = await asyncio.gather(*(self._ranking(text) for text in wanted))
        return dict(zip(wanted, map(_meaning, found), strict=True))

    async def _ranking(self, text: str) -> list[tuple[str, float]]:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        limit = aiohttp.ClientTimeout(total=_PARSE_SECONDS)
        try:
            async with self._session.post(self._url, json={"text": text}, timeout=limit) as answer:
                answer.raise_for_status()
                parsed: dict[str, Any] = await answer.json()
        except (aiohttp.ClientError, TimeoutError) as error:
            logger.warning("a part of a turn was not parsed: %s", type(error).__name__)
            return []
        if (parsed.get("intent") or {}).get("name") in (None, FALLBACK):
            return []
        return [
            (str(item["name"]), float(item["confidence"]))
            for item in parsed.get("intent_ranking") or ()
            if item.get("name") not in (None, FALLBACK)
        ]

    async def close(self) -> None:
        """Close connections."""
        if self._session is not None:
            await self._session.close()


@dataclass(frozen=True)
class Matters:
    """A turn, cut.

    Attributes:
        now: the turn with the words and the intent of the most urgent matter.
        later: the others, in the order in which they will be dealt with.
        several: whether the turn was cut just now.
    """

    now: Turn
    later: tuple[Waiting, ...] = ()
    several: bool = False


async def sort_matters(turn: Turn, parser: Parser) -> Matters:
    """Cut a turn into its matters, the most urgent one first; a turn cut before stays as it is."""
    breath = candidates(turn.text)
    if turn.cut or len(breath.matters) < 2:
        return Matters(turn)
    meanings = await parser.meanings(breath.texts)
    breath = settled(breath, meanings.__getitem__)
    if len(breath.matters) < 2:
        return Matters(turn)
    found = await _waiting(breath.texts, meanings, parser)
    if all(one.intent == FALLBACK for one in found):
        return Matters(turn)
    first, *later = sorted(found, key=_rank)
    if first.is_danger:
        later = [one for one in later if not one.is_danger]
    text = f"{breath.caller}，{first.text}" if breath.caller else first.text
    return Matters(part_of(turn, replace(first, text=text)), tuple(later), several=True)


async def set_apart(
    turn: Turn, parser: Parser, *, about: str, least: Joint
) -> tuple[Turn | None, tuple[Waiting, ...]]:
    """Separate what goes on with a matter in hand from what is said besides.

    Args:
        turn: what was said.
        parser: says what the pieces mean.
        about: the matter in hand, in the caller's words.
        least: what at least must set off another matter.

    Returns:
        The turn without the others, None if it is about nothing else, and the others.
    """
    breath = candidates(turn.text, about=about)
    # A pause is no reason to look for another matter while a question is being answered.
    likely = [one for one in breath.matters if not one.doubtful or one.joint >= Joint.WEAK]
    if len(likely) < 2:
        return turn, ()
    meanings = await parser.meanings(one.text for one in likely)
    breath = settled(breath, lambda text: meanings.get(text, _NOT_UNDERSTOOD))
    mine, others = breath.matters[0].text, []
    for each in breath.matters[1:]:
        if each.joint >= least:
            others.append(each.text)
        elif others:
            others[-1] += f"，{each.said}"
        else:
            mine = f"{mine}，{each.said}".strip("，")
    if not others:
        return turn, ()
    mine = "，".join(filter(None, (breath.caller, mine)))
    waiting = await _waiting((mine, *others), meanings, parser)
    rest = tuple(one for one in waiting if one.text in others)
    main = next((part_of(turn, one) for one in waiting if one.text == mine), None)
    if main is None and mine:
        main = part_of(turn, Waiting(mine))
    return main, rest


def part_of(turn: Turn, one: Waiting) -> Turn:
    """Return the turn as if nothing but one of its matters had been said."""
    return replace(
        turn,
        text=one.text,
        intent=one.intent,
        confidence=one.confidence,
        ranking=((one.intent, one.confidence),) if one.intent != FALLBACK else (),
        cut=True,
    )


def instead_of(now: Turn, known: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return what an action later in this turn deals with instead (``Memory.instead``).

    Args:
        now: the part of the turn.
        known: what carries over from the matter before, for the next form.
    """
    return {
        "message_id": now.message_id,
        "text": now.text,
        "intent": now.intent,
        "confidence": now.confidence,
        "known": dict(known or {}),
    }


async def _waiting(
    texts: Iterable[str], meanings: dict[str, Meaning], parser: Parser
) -> list[Waiting]:
    """Return the pieces with their meanings, without scraps such as 谢谢啊."""
    wanted = [text for text in texts if text]
    meanings |= await parser.meanings(text for text in wanted if text not in meanings)
    found = [Waiting(text, meanings[text][0] or FALLBACK, meanings[text][1]) for text in wanted]
    return [one for one in found if one.intent != FALLBACK or len(one.text) >= _SHORTEST_UNKNOWN]


def _meaning(ranking: list[tuple[str, float]]) -> Meaning:
    """Return what a piece means: a danger by the common rule, else the best intent if it is sure."""
    opinion = second_opinion(ranking)
    if opinion is not None:
        return EMERGENCY_PREFIX + opinion.kind.value, opinion.confidence
    others = [each for each in ranking if not each[0].startswith(EMERGENCY_PREFIX)]
    if not others or others[0][1] < _LEAST or not _is_matter(others[0][0]):
        return _NOT_UNDERSTOOD
    return others[0]


def _is_matter(intent: str) -> bool:
    """Whether an intent is something to be dealt with, no small talk and no answer."""
    known = REPAIR_INTENTS | REQUEST_INTENTS | QUESTION_INTENTS | {PROGRESS_INTENT}
    return intent in known or intent.startswith("complaint_")


def _rank(one: Waiting) -> int:
    """Return how soon a matter must be dealt with; lower is sooner."""
    intent = one.intent
    if one.is_danger:
        return 0
    if intent in _URGENT_FIRST:
        return 1
    if intent in REPAIR_INTENTS or intent == "security":
        return 2
    if intent.startswith("complaint_"):
        return 3
    if intent == FALLBACK:
        return 6
    return 5 if one.is_question or intent == PROGRESS_INTENT else 4
