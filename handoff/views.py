"""What the page shows of a case: the handoff, its ticket and who calls, in one JSON object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from handoff.cases import TALKING, Case
from handoff.sop import SopBook
from handoff.times import iso_after, parse
from handoff.words import KINDS
from zhiban.calls.place import describe_place
from zhiban.community import Community
from zhiban.errors import ZhibanError
from zhiban.floor import Part
from zhiban.handoffs import HandoffState
from zhiban.masking import mask_phone, mask_text
from zhiban.tickets import TicketService

View = dict[str, Any]

_TICKET_FIELDS = (
    "number",
    "category",
    "urgency",
    "level",
    "status",
    "department",
    "building",
    "unit",
    "room",
    "place",
    "caller_name",
    "phone",
    "problem",
    "since",
    "available_time",
    "special_flags",
    "summary",
    "verbatim",
    "details",
    "promises",
    "satisfaction",
    "created_at",
)
CALLING_BACK = (HandoffState.CALLER_LEFT, HandoffState.CALLBACK_DUE)
_OPEN_TICKETS_SHOWN = 5


class ViewMaker:
    """Builds views.

    Args:
        tickets: the ticket store.
        community: residents, chains, deadlines.
        sop: names of kinds.
    """

    def __init__(self, tickets: TicketService, community: Community, sop: SopBook) -> None:
        self._tickets = tickets
        self._community = community
        self._sop = sop

    async def make(self, case: Case) -> View:
        """Return everything the page needs about a case, unmasked."""
        record = case.record
        chain = self._community.chain_for(record.kind, record.level)
        stage = chain[min(record.stage, len(chain) - 1)]
        ringing = record.state is HandoffState.OFFERED
        ticket = await self._ticket(record.ticket_number)
        phone = str(ticket.get("phone") or _dict(record.card.get("caller")).get("phone") or "")
        return {
            "id": record.id,
            "call_id": record.call_id,
            "ticket_number": record.ticket_number,
            "kind": record.kind,
            "title": self._title(record.kind),
            "level": record.level,
            "priority": record.priority,
            "state": record.state.value,
            "reason": record.reason,
            "created_at": record.created_at,
            "updated_at": record.updated_at,
            "offered_to": record.offered_to,
            "agent_id": record.agent_id,
            "agent_name": case.agent_name if ringing or record.agent_id else "",
            "accepted_at": case.accepted_at,
            "stage_label": stage.label,
            "round": record.round,
            "ring_until": iso_after(parse(record.updated_at), stage.ring_seconds)
            if ringing
            else "",
            "dialling": case.dialling.at if case.dialling else "",
            "by_phone": ringing and bool(case.leg),
            "call_ended": case.call_ended,
            "due_at": self._due_at(case),
            "alarm": self._is_alarming(case),
            **_floor(case),
            "card": dict(record.card),
            "ticket": ticket,
            "resident": self._resident(phone),
            "open_tickets": await self._open_tickets(phone, record.ticket_number),
        }

    def _title(self, kind: str) -> str:
        card = self._sop.kinds.get(kind)
        return card.title if card else KINDS.get(kind, kind)

    async def _ticket(self, number: str) -> View:
        try:
            ticket = await self._tickets.get(number)
        except ZhibanError:
            return {}  # the case is shown all the same: the caller matters, not the form
        return {name: ticket[name] for name in _TICKET_FIELDS}

    async def _open_tickets(self, phone: str, this: str) -> list[View]:
        if not phone:
            return []
        found = await self._tickets.open_of_phone(phone)
        names = ("number", "category", "problem", "status", "created_at")
        others = [ticket for ticket in found if ticket["number"] != this]
        return [{n: ticket[n] for n in names} for ticket in others[:_OPEN_TICKETS_SHOWN]]

    def _resident(self, phone: str) -> View | None:
        found = self._community.resident_by_phone(phone) if phone else None
        if found is None:
            return None
        return {
            "name": found.name,
            "title": found.title,
            "role": found.role,
            "building": found.building,
            "unit": found.unit,
            "room": found.room,
            "special_flags": list(found.special_flags),
        }

    def _due_at(self, case: Case) -> str:
        """Return by when the caller must be called back, or ``""``."""
        if case.promised_at:
            return case.promised_at
        if case.record.state not in CALLING_BACK:
            return ""
        deadlines = self._community.deadlines
        minutes = (
            deadlines.missed_emergency_callback
            if case.record.priority == 0
            else deadlines.inquiry_report
        )
        return iso_after(parse(case.record.updated_at), timedelta(minutes=minutes).total_seconds())

    def _is_alarming(self, case: Case) -> bool:
        """Return whether every desk shows the case in red."""
        nobody_came = case.record.round > 0 and not case.record.agent_id
        waits_in_vain = nobody_came and case.record.priority == 0
        return case.record.state in CALLING_BACK or waits_in_vain


def _floor(case: Case) -> View:
    """Return who takes part besides the caller, and whether the caller is on hold."""
    owner, floor = case.record.agent_id, case.floor
    people: list[View] = []
    if owner and case.record.state in TALKING:
        people.append(_participant(owner, case.agent_name, Part.OWNER, case.accepted_at))
    if floor.guest is not None:
        guest = floor.guest
        people.append(_participant(guest.agent_id, guest.name, floor.guest_part(), guest.since))
    people += [_participant(ear.agent_id, ear.name, ear.part, ear.since) for ear in floor.ears]
    asked = floor.invitation
    return {
        "on_hold_since": floor.on_hold_since,
        "briefing_until": floor.briefing_until,
        "participants": people,
        "invitation": asked
        and {
            "id": asked.id,
            "to": asked.to,
            "to_name": asked.to_name,
            "from": asked.by,
            "from_name": asked.by_name,
            "mode": asked.mode.value,
            "at": asked.at,
        },
    }


def _participant(agent_id: str, name: str, part: Part, since: str) -> View:
    return {"agent_id": agent_id, "name": name, "part": part.value, "since": since}


def is_invited(view: View, user_id: str) -> bool:
    """Return whether a person's desk rings for somebody else's call."""
    asked = view["invitation"]
    return bool(asked and asked["to"] == user_id and not view["call_ended"])


def invitation_of(view: View) -> View:
    """Return what the desk that rings is shown."""
    asked = view["invitation"]
    where = _dict(view["card"].get("where"))
    return {
        **{name: asked[name] for name in ("id", "from", "from_name", "mode", "at")},
        "handoff_id": view["id"],
        "kind": view["kind"],
        "place": describe_place(where),
    }


def _is_there(view: View, user_id: str) -> bool:
    takes_part = any(person["agent_id"] == user_id for person in view["participants"])
    return takes_part or is_invited(view, user_id)


def for_viewer(view: View, user_id: str) -> View:
    """Return the view with numbers hidden from those who need not dial them (SEC-005, SEC-030)."""
    concerned = user_id in (view["offered_to"], view["agent_id"]) or _is_there(view, user_id)
    if concerned or view["state"] in CALLING_BACK:
        return view
    masked: View = mask_deeply(view)
    if "phone" in masked["ticket"]:
        masked["ticket"]["phone"] = mask_phone(view["ticket"]["phone"])
    return masked


def mask_deeply(value: Any) -> Any:
    """Return JSON content with every phone number hidden."""
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, Mapping):
        return {name: mask_deeply(part) for name, part in value.items()}
    if isinstance(value, Sequence):
        return [mask_deeply(part) for part in value]
    return value


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
