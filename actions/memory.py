"""What outlives a single turn outside of forms (slot ``memory``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet

MORE_HELP = "more_help"
NEW_MATTER = "new_matter"
EMERGENCY = "emergency:"


@dataclass(frozen=True)
class Memory:
    """Counts and the question a bare yes or no would answer.

    Attributes:
        awaiting: ``""``, ``more_help``, ``new_matter`` or ``emergency:<kind>``.
        misses: turns in a row that were not understood.
        manager_asks: how often the caller asked for the manager.
        identity_failures: how often the identity check failed in this call.
        home_offered: home and name are known only because the bot named them and heard a yes:
            enough to send somebody there, not to tell about that home (SEC-001).
        instead: the one of several matters that is dealt with now (text, intent, confidence,
            known), for the action that does; only for the message with its ``message_id``.
    """

    awaiting: str = ""
    misses: int = 0
    manager_asks: int = 0
    identity_failures: int = 0
    home_offered: bool = False
    instead: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, tracker: Tracker) -> Memory:
        """Read the slot."""
        stored: Mapping[str, Any] = tracker.slots.get("memory") or {}
        known = {field.name for field in fields(cls)}
        return cls(**{key: value for key, value in stored.items() if key in known})

    def but(self, **changes: Any) -> Memory:
        """Return a copy with changes."""
        return replace(self, **changes)

    def event(self) -> dict[str, Any]:
        """Return the event that stores it."""
        stored: dict[str, Any] = SlotSet("memory", asdict(self))
        return stored
