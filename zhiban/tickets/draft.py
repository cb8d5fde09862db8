"""What is known when a ticket is filed, and what must be known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from zhiban.errors import ErrorCode, ZhibanError
from zhiban.tickets.categories import Category, Urgency


@dataclass(frozen=True)
class Promise:
    """Something the caller was promised (TAX-108).

    Attributes:
        what: in the words the caller heard.
        due_at: UTC ISO 8601.
        kept_at: UTC ISO 8601 once kept.
    """

    what: str
    due_at: str
    kept_at: str | None = None

    def to_dict(self) -> dict[str, str | None]:
        """Return the promise as the contract writes it."""
        return {"what": self.what, "due_at": self.due_at, "kept_at": self.kept_at}


@dataclass(frozen=True)
class TicketDraft:
    """A ticket before it has a number.

    Attributes:
        filing_key: names the matter; a second draft with it is answered with the first ticket.
    """

    category: Category
    problem: str
    urgency: Urgency = Urgency.NORMAL
    level: int | None = None
    department: str = ""
    building: str = ""
    unit: str = ""
    room: str = ""
    caller_name: str = ""
    phone: str = ""
    place: str = ""
    since: str = ""
    available_time: str = ""
    special_flags: tuple[str, ...] = ()
    summary: str = ""
    verbatim: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    call_id: str = ""
    promises: tuple[Promise, ...] = ()
    filing_key: str = ""

    def missing(self) -> tuple[str, ...]:
        """Return the required fields that are empty (TAX-089, TAX-109, TAX-118).

        An emergency needs only its problem, a call-back only a number to call; the rest is
        asked for while people are already on their way.
        """
        needed: tuple[str, ...]
        if self.category is Category.EMERGENCY:
            needed = ("problem",)
        elif self.category is Category.CALLBACK:
            needed = ("phone",)
        elif self.category in (Category.SUGGESTION, Category.OTHER_INQUIRY, Category.SECURITY):
            needed = ("problem", "phone")
        elif self.category in (Category.REPAIR_PUBLIC, Category.LIFT_FAULT, Category.DOOR_ACCESS):
            needed = ("problem", "caller_name", "phone", "building")
        else:
            needed = ("problem", "caller_name", "phone", "building", "room")
        return tuple(name for name in needed if not getattr(self, name))


class TicketIncompleteError(ZhibanError):
    """Required fields are missing.

    Attributes:
        missing: names of the empty fields.
    """

    def __init__(self, missing: tuple[str, ...]) -> None:
        super().__init__(
            f"工单缺少必填项 / ticket lacks: {', '.join(missing)}", code=ErrorCode.TICKET_INCOMPLETE
        )
        self.missing = missing
