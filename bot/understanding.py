"""One caller's text understood: danger, intent, ticket category and what was told.

The same parts the live call uses, put together without a server: the spotter decides, the
classifier adds to it (``second_opinion``), the readers take out what was told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.language.categories import ticket_category
from bot.language.danger import spot_in_turn
from bot.language.emergency import (
    EMERGENCY_PREFIX,
    EmergencyAction,
    EmergencySpotter,
    second_opinion,
)
from bot.language.intents import FALLBACK, FALLBACK_BAR
from bot.language.roster import Roster
from bot.language.slots import read_slots

_TRANSFER = EmergencyAction.TRANSFER


class Ranker(Protocol):
    """Whatever ranks intents for a text."""

    def ranking(self, text: str) -> list[tuple[str, float]]:
        """Return intents with their probabilities, best first; empty for text not in Chinese."""


@dataclass(frozen=True)
class Danger:
    """An emergency and what to do about it.

    Attributes:
        kind: One of the nine kinds of the contracts.
        action: ``transfer`` or ``ask``.
        confidence: 0 to 1.
    """

    kind: str
    action: str
    confidence: float


@dataclass(frozen=True)
class Understood:
    """What a text means.

    Attributes:
        intent: ``nlu_fallback`` when unsure.
        confidence: 0 to 1, of the intent; of the best one when unsure.
        category: Of the ticket it leads to, None where it leads to none.
        emergency: The danger, if there is one.
        slots: What was told, by name; only what was told.
    """

    intent: str
    confidence: float
    category: str | None
    emergency: Danger | None
    slots: Mapping[str, str] = field(default_factory=dict)


class Understanding:
    """Understands one finished text at a time and keeps nothing in between.

    Args:
        intents: The trained classifier.
        roster: What the community really has; what was heard is held against it.
    """

    def __init__(self, intents: Ranker, roster: Roster | None = None) -> None:
        self._intents = intents
        self._roster = roster
        self._spotter = EmergencySpotter()

    def read(
        self,
        text: str,
        *,
        expects: str = "any",
        alternatives: Sequence[str] = (),
        caller: str = "",
        now: datetime | None = None,
    ) -> Understood:
        """Read one text; never raises.

        Args:
            text: What the caller said, to the end.
            expects: What the bot has just asked for, as in ``read_slots``.
            alternatives: The recogniser's other readings of the same speech, best first.
            caller: The calling number.
            now: The site's clock, for 明天下午; without it such times are left out.
        """
        ranking = self._intents.ranking(text)
        danger = self._danger(text, alternatives, ranking)
        intent, confidence = ranking[0] if ranking else (FALLBACK, 0.0)
        if confidence < FALLBACK_BAR:
            intent = FALLBACK
        if danger is not None and danger.action == _TRANSFER.value:
            intent, confidence = EMERGENCY_PREFIX + danger.kind, danger.confidence
        slots = read_slots(text, expects=expects, roster=self._roster, now=now, caller=caller)
        return Understood(intent, confidence, ticket_category(intent), danger, slots)

    def _danger(
        self, text: str, alternatives: Sequence[str], ranking: Sequence[tuple[str, float]]
    ) -> Danger | None:
        """The spotter's finding, else the classifier's: in a call it is asked only then."""
        found = spot_in_turn(self._spotter, text, alternatives=alternatives)
        if found is not None:
            return Danger(found.kind.value, found.action.value, found.confidence)
        opinion = second_opinion(ranking)
        if opinion is None:
            return None
        return Danger(opinion.kind.value, opinion.action.value, opinion.confidence)
