"""An emergency in the caller's words, whoever noticed it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.language.emergency import Finding
from zhiban.emergencies import EMERGENCY_LABELS

_CLASSIFIER_LEVEL = 3


@dataclass(frozen=True)
class Cry:
    """An emergency in the caller's words.

    Attributes:
        source: interim, final or classifier.
        spoken_at: monotonic seconds of the newest sample of the words.
        facts: more for the card.
    """

    kind: str
    level: int
    matched: str
    text: str
    source: str
    spoken_at: float
    facts: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, finding: Finding, text: str, source: str, spoken_at: float) -> Cry:
        """Make one from the spotter's finding."""
        return cls(finding.kind.value, finding.level, finding.matched, text, source, spoken_at)

    @classmethod
    def of_classifier(cls, emergency: Mapping[str, Any], text: str, spoken_at: float) -> Cry | None:
        """Make one from the dialogue's verdict; None when it names no known kind."""
        kind = str(emergency.get("kind") or "")
        if kind not in EMERGENCY_LABELS:
            return None
        facts = emergency.get("facts")
        return cls(
            kind,
            _CLASSIFIER_LEVEL,
            text,
            text,
            "classifier",
            spoken_at,
            facts if isinstance(facts, Mapping) else {},
        )
