"""What the caller just said, as an action sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rasa_sdk import Tracker

from bot.language.emergency import EMERGENCY_PREFIX

FALLBACK = "nlu_fallback"

QUESTION_INTENTS = frozenset(
    {"fee_inquiry", "parking", "renovation_rules", "community_rules", "other_inquiry"}
)
REPAIR_INTENTS = frozenset(
    {
        "repair_request",
        "repair_public",
        "repair_indoor",
        "repair_paid",
        "leak",
        "power_fault",
        "lift_fault",
        "door_access",
    }
)
REQUEST_INTENTS = frozenset({"suggestion", "security", "housekeeping", "value_added"})
PROGRESS_INTENT = "ticket_progress"
_WITHOUT_KEYS = ("web",)
"""Channels whose callers type what is not understood."""


@dataclass(frozen=True)
class Turn:
    """One turn.

    Attributes:
        call_id: the call.
        text: the words.
        intent: as classified, ``nlu_fallback`` when unsure.
        confidence: of the best real intent, 0 to 1.
        ranking: intents and their confidences, best first, without the fallback.
        caller: the calling number, or ``""``.
        message_id: of the newest message.
        cut: this is already only one of the matters that were said in one breath.
        known: what carries over from the matter before (``available_time``, ``unconfirmed``).
        keyed: the text was pressed on a keypad.
        has_keys: the caller's telephone has a keypad.
        resident: whose number it is (name, title, phone, building, unit, room, special_flags).
    """

    call_id: str
    text: str
    intent: str
    confidence: float
    ranking: tuple[tuple[str, float], ...]
    caller: str
    resident: Mapping[str, Any] | None
    message_id: str = ""
    cut: bool = False
    known: Mapping[str, Any] = field(default_factory=dict)
    keyed: bool = False
    has_keys: bool = True

    @classmethod
    def from_tracker(cls, tracker: Tracker) -> Turn:
        """Read the newest message; who calls comes with it or from the session's start."""
        message = tracker.latest_message or {}
        metadata = message.get("metadata") or {}
        intent = message.get("intent") or {}
        ranking = tuple(
            (str(item["name"]), float(item["confidence"]))
            for item in message.get("intent_ranking") or ()
            if item.get("name") not in (None, FALLBACK)
        )
        turn = cls(
            call_id=str(tracker.sender_id),
            text=str(message.get("text") or ""),
            intent=str(intent.get("name") or FALLBACK),
            confidence=ranking[0][1] if ranking else 0.0,
            ranking=ranking,
            caller=str(metadata.get("caller") or tracker.slots.get("caller") or ""),
            resident=metadata.get("resident") or tracker.slots.get("resident") or None,
            message_id=str(message.get("message_id") or ""),
            keyed=bool(metadata.get("keys")),
            has_keys=metadata.get("channel") not in _WITHOUT_KEYS,
        )
        return turn._standing_in((tracker.slots.get("memory") or {}).get("instead") or {})

    def _standing_in(self, instead: Mapping[str, Any]) -> Turn:
        """Return the part of this turn that an earlier action chose to deal with."""
        if not instead or instead.get("message_id") != self.message_id:
            return self
        intent, confidence = str(instead["intent"]), float(instead["confidence"])
        return replace(
            self,
            text=str(instead["text"]),
            intent=intent,
            confidence=confidence,
            ranking=((intent, confidence),),
            cut=True,
            known=instead.get("known") or {},
        )

    def sure(self, least: float = 0.5) -> str:
        """Return the intent if it is at least that certain, else the fallback."""
        return self.intent if self.confidence >= least else FALLBACK

    def best_of(self, intents: frozenset[str]) -> tuple[str, float]:
        """Return the best intent of a family and the whole family's share of the belief."""
        family = [(name, share) for name, share in self.ranking if name in intents]
        if not family:
            return FALLBACK, 0.0
        return family[0][0], sum(share for _, share in family)

    @property
    def emergency_kind(self) -> str:
        """The kind of danger the classifier sees, or ``""``."""
        if not self.intent.startswith(EMERGENCY_PREFIX):
            return ""
        return self.intent.removeprefix(EMERGENCY_PREFIX)
