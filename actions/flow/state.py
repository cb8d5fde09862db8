"""What a form knows and remembers between turns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet


class Field(StrEnum):
    """Something a form asks for."""

    PROBLEM = "problem"
    ADDRESS = "address"
    PLACE = "place"
    SEVERITY = "severity"
    NAME = "name"
    PHONE = "phone"
    TIME = "time"
    SINCE = "since"
    WISH = "wish"


class Outcome(StrEnum):
    """How a form ended."""

    COMPLETE = "complete"
    HUMAN = "human"
    MANAGER = "manager"
    ESCALATED = "escalated"
    NOT_UNDERSTOOD = "not_understood"
    IDENTIFIED = "identified"
    NOT_IDENTIFIED = "not_identified"
    MATTER = "matter"
    EMERGENCY = "emergency"
    CANCELLED = "cancelled"
    LEFT = "left"


@dataclass(frozen=True)
class Facts:
    """What the caller told; every field is a slot of the same name."""

    building: str | None = None
    unit: str | None = None
    room: str | None = None
    caller_name: str | None = None
    phone: str | None = None
    place: str | None = None
    problem: str | None = None
    severity: str | None = None
    since: str | None = None
    available_time: str | None = None
    wish: str | None = None
    category: str | None = None
    urgency: str | None = None

    @classmethod
    def of(cls, tracker: Tracker) -> Facts:
        """Read the slots."""
        return cls(**{f.name: tracker.slots.get(f.name) for f in fields(cls)})

    def but(self, **changes: Any) -> Facts:
        """Return a copy with changes."""
        return replace(self, **changes)

    def known(self) -> dict[str, str]:
        """Return what is known, by slot name."""
        return {name: value for name, value in asdict(self).items() if value}

    def events(self, before: Facts) -> list[dict[str, Any]]:
        """Return the events that store what changed."""
        mine, old = asdict(self), asdict(before)
        return [SlotSet(name, value) for name, value in mine.items() if value != old[name]]


MATTER = ("place", "problem", "severity", "since", "available_time", "wish", "category", "urgency")
"""Fields that belong to one matter and are forgotten when the next one begins."""

HOME = ("building", "unit", "room")
"""Fields that say where the caller lives."""


def home_of(resident: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the home of the calling number as fields."""
    return {name: str(resident.get(name) or "") or None for name in HOME}


@dataclass(frozen=True)
class Flow:
    """Book-keeping of a form in progress (slot ``flow``).

    Attributes:
        form: its name.
        asking: the field or question last asked: a Field, ``resident``, ``check_address``,
            ``confirm``, ``fix``, ``ticket``, or ``""``.
        tries: how often each was asked.
        skipped: optional fields the caller did not answer.
        said: the caller's words, turn by turn.
        unconfirmed: fields taken over a doubt.
        also: other matters mentioned in passing.
        home: building, unit and room as they were known when the form began.
        spoken: one-time sentences already said (empathy, safety advice).
        resident_says_no: the caller is not the resident of the calling number.
        crisis: media, authorities or law were threatened (DLG-022, SLA-032).
        danger: kind of emergency found on the way, for outcome ``emergency``.
        misses: turns in a row that gave nothing.
        outcome: how the form ended; empty while it goes on.
    """

    form: str
    asking: str = ""
    tries: Mapping[str, int] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    unconfirmed: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    home: Mapping[str, str] = field(default_factory=dict)
    spoken: tuple[str, ...] = ()
    resident_says_no: bool = False
    crisis: bool = False
    danger: str = ""
    misses: int = 0
    outcome: str = ""

    @classmethod
    def of(cls, tracker: Tracker, form: str) -> Flow:
        """Read the slot; a fresh one if it belongs to another form or an ended one."""
        stored = tracker.slots.get("flow") or {}
        if stored.get("form") != form or stored.get("outcome"):
            return cls(form)
        return cls._read(stored)

    @classmethod
    def ended(cls, tracker: Tracker) -> Flow:
        """Read the slot of the form that just ended."""
        return cls._read(tracker.slots.get("flow") or {"form": ""})

    @classmethod
    def _read(cls, stored: Mapping[str, Any]) -> Flow:
        known = {f.name for f in fields(cls)}
        values: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value
            for key, value in stored.items()
            if key in known
        }
        return cls(**values)

    def but(self, **changes: Any) -> Flow:
        """Return a copy with changes."""
        return replace(self, **changes)

    def asked(self, what: str) -> Flow:
        """Return a copy that has just asked for something."""
        tries = {**self.tries, what: self.tries.get(what, 0) + 1}
        return self.but(asking=what, tries=tries)

    def tried(self, what: str) -> int:
        """Return how often it was asked."""
        return self.tries.get(what, 0)

    def doubting(self, names: Iterable[str]) -> Flow:
        """Return a copy in which these fields are unconfirmed."""
        return self.but(unconfirmed=tuple(dict.fromkeys((*self.unconfirmed, *names))))

    def event(self) -> dict[str, Any]:
        """Return the event that stores it."""
        stored: dict[str, Any] = SlotSet("flow", {k: v for k, v in asdict(self).items() if v})
        return stored
