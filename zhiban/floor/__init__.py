"""The floor of a call: who is in it besides caller and owner, and whether the caller is on hold."""

from zhiban.floor.book import FloorBook
from zhiban.floor.events import write_floor_event
from zhiban.floor.model import (
    BRIEFING_SECONDS,
    Ear,
    Floor,
    Guest,
    Invitation,
    InviteMode,
    ListenMode,
    Part,
)

__all__ = [
    "BRIEFING_SECONDS",
    "Ear",
    "Floor",
    "FloorBook",
    "Guest",
    "Invitation",
    "InviteMode",
    "ListenMode",
    "Part",
    "write_floor_event",
]
