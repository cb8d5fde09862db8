"""Danger the spotter did not hear but the intent classifier does, on final text.

The one rule for everybody who asks the classifier: it may add an emergency, never veto one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.language.emergency.kinds import EmergencyAction, EmergencyKind

EMERGENCY_PREFIX = "emergency_"
CLASSIFIER_TRANSFER = 0.9
"""From here on the classifier's emergency is put through at once."""
CLASSIFIER_ASK = 0.5
"""From here on one closed question is asked."""

_KINDS = {EMERGENCY_PREFIX + kind.value: kind for kind in EmergencyKind}


@dataclass(frozen=True)
class SecondOpinion:
    """What the classifier makes of it.

    Attributes:
        kind: What is happening.
        confidence: 0 to 1, of this kind, or of any emergency at all where no kind stands out.
        action: Put through at once or ask first.
    """

    kind: EmergencyKind
    confidence: float
    action: EmergencyAction


def second_opinion(ranking: Sequence[tuple[str, float]]) -> SecondOpinion | None:
    """Return the emergency a classifier's ranking speaks for, if it does.

    A text torn between two emergencies is an emergency: their shares add up to a question.

    Args:
        ranking: Intents with their probabilities, best first, without the fallback.
    """
    if not ranking:
        return None
    best, confidence = ranking[0]
    kind = _KINDS.get(best)
    if kind is None:
        return None
    if confidence >= CLASSIFIER_TRANSFER:
        return SecondOpinion(kind, confidence, EmergencyAction.TRANSFER)
    together = sum(share for intent, share in ranking if intent in _KINDS)
    if together < CLASSIFIER_ASK:
        return None
    return SecondOpinion(kind, min(1.0, together), EmergencyAction.ASK)
