"""What a caller had told when a conversation broke off: each matter becomes a ticket, once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bot.language.categories import ticket_category
from zhiban.calls.place import PLACE_FIELDS
from zhiban.calls.report import CALL_BACK
from zhiban.calls.stores import CallStores
from zhiban.clock import iso_ms, utc_now
from zhiban.community import Community
from zhiban.tickets import Category, Promise, TicketDraft

FORM_CATEGORY = {
    "repair_form": Category.REPAIR_INDOOR,
    "complaint_form": Category.COMPLAINT_OTHER,
    "request_form": Category.OTHER_INQUIRY,
}
"""What a form that the caller was asked through is about, until they have said more."""
NOT_OURS = (None, Category.CALLBACK, Category.EMERGENCY)
"""Categories of which nothing is filed here: others see to them."""
_GROWN_FROM = {
    "burst_pipe": Category.LEAK,
    "flood": Category.LEAK,
    "electric_hazard": Category.POWER_FAULT,
    "elevator_trapped": Category.LIFT_FAULT,
}
"""Emergencies that are the very matter a form was about, only worse."""


@dataclass(frozen=True)
class Told:
    """What is known of a conversation.

    Attributes:
        form: the form the dialogue was in, or ``""``.
        slots: what it had understood; ``matters`` are those still to be taken up.
        words: the caller's turns so far.
    """

    call_id: str
    caller: str
    form: str = ""
    slots: Mapping[str, Any] = field(default_factory=dict)
    words: tuple[str, ...] = ()

    def is_same_as(self, emergency_kind: str) -> bool:
        """Return whether the form was about what has become this emergency."""
        grown = _GROWN_FROM.get(emergency_kind)
        return grown is not None and grown == self.slots.get("category")

    def form_draft(self, community: Community) -> TicketDraft | None:
        """Return the ticket of the form in progress, None where there is nothing in it."""
        problem = str(self.slots.get("problem") or "")
        if self.form not in FORM_CATEGORY or not (problem or self.words):
            return None
        named = str(self.slots.get("category") or "")
        known = {category.value for category in Category}
        category = Category(named) if named in known else FORM_CATEGORY[self.form]
        return self._draft(community, category, problem or self.words[0], self.words)

    def matter_drafts(self, community: Community) -> list[TicketDraft]:
        """Return the tickets of the matters that were only mentioned so far."""
        return [
            self.matter_draft(community, str(matter["text"]), str(matter["intent"]))
            for matter in self.slots.get("matters") or ()
        ]

    def matter_draft(self, community: Community, text: str, intent: str) -> TicketDraft:
        """Return the ticket of one matter, for a colleague to call back about."""
        named = ticket_category(intent)
        category = Category.OTHER_INQUIRY if named in NOT_OURS else Category(str(named))
        return self._draft(community, category, text, [text])

    def call_back_draft(self, community: Community, words: Iterable[str]) -> TicketDraft:
        """Return the ticket of words that nobody has answered."""
        said = list(words)
        return self._draft(community, Category.CALLBACK, said[-1], said)

    def _draft(
        self, community: Community, category: Category, problem: str, words: Iterable[str]
    ) -> TicketDraft:
        home = {name: str(self.slots.get(name) or "") for name in PLACE_FIELDS}
        name = str(self.slots.get("caller_name") or "")
        unconfirmed: list[str] = []
        resident = community.resident_by_phone(self.caller) if self.caller else None
        if resident is not None and not home["building"]:
            # The calling number's home, which nobody has confirmed.
            home = {part: getattr(resident, part) for part in home}
            name = name or resident.name
            unconfirmed = [part for part in home if home[part]]
        due = utc_now() + timedelta(minutes=community.deadlines.inquiry_report)
        same = problem == self.slots.get("problem")
        return TicketDraft(
            category=category,
            problem=problem,
            building=home["building"],
            unit=home["unit"],
            room=home["room"],
            caller_name=name,
            phone=str(self.slots.get("phone") or self.caller),
            place=str(self.slots.get("place") or "") if same else "",
            department=community.department_for(category.value),
            summary=f"待回电补全：{problem}",
            verbatim=tuple(words),
            details={"unconfirmed": unconfirmed} if unconfirmed else {},
            call_id=self.call_id,
            promises=(Promise(CALL_BACK, iso_ms(due)),),
            filing_key=_key(self.call_id, problem),
        )


async def file_told(stores: CallStores, draft: TicketDraft) -> None:
    """File a matter of a caller who is gone or put through; again does nothing more.

    Raises:
        Exception: a store fails.
    """
    await stores.tickets.file(draft, by="bot", allow_incomplete=True)


def _key(call_id: str, problem: str) -> str:
    """Whoever files a matter of a call, its words make it the same matter."""
    return f"told:{call_id}:{hashlib.sha256(problem.encode()).hexdigest()[:16]}"
