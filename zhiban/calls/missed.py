"""Emergencies that were heard and could not be served: a ticket and a red case on every desk."""

from __future__ import annotations

from typing import Any

from zhiban.calls.release import release_handoff
from zhiban.calls.report import EmergencyReport, card_caller
from zhiban.calls.stores import CallStores
from zhiban.handoffs import HandoffReason, HandoffRecord


async def file_missed(stores: CallStores, report: EmergencyReport) -> HandoffRecord:
    """File the ticket and leave a handoff in ``callback_due``; again does nothing more.

    Raises:
        Exception: a store fails; call again later.
    """
    ticket = await stores.tickets.file(report.draft(stores.community, missed=True), by="bot")
    record = await request_for(stores, report, ticket["number"])
    return await release_handoff(stores, record.id)


async def request_for(
    stores: CallStores, report: EmergencyReport, ticket_number: str
) -> HandoffRecord:
    """Request a person for a filed emergency; a request the call has open already is raised."""
    resident = stores.community.resident_by_phone(report.caller) if report.caller else None
    card = base_card(report.kind, report.level) | {
        "caller": card_caller(resident, report.caller),
        "open_tickets": await open_tickets(stores, report.caller, but=ticket_number),
        **report.card(),
    }
    record = await stores.ledger.request(
        call_id=report.call_id,
        ticket_number=ticket_number,
        kind=report.kind,
        level=report.level,
        priority=0,
        reason=HandoffReason.EMERGENCY,
        node=report.node,
        card=card,
    )
    if record.ticket_number == ticket_number:
        return record
    # The call was waiting for a person about something else: that moves to the front.
    return await stores.ledger.raise_to(
        record.id,
        kind=report.kind,
        level=report.level,
        priority=0,
        ticket_number=ticket_number,
        card=card,
    )


def base_card(kind: str, level: int) -> dict[str, Any]:
    """Return what every card has from the start."""
    return {"kind": kind, "level": level, "advice": [], "people": "", "hurt": ""}


async def open_tickets(stores: CallStores, phone: str, *, but: str) -> list[dict[str, str]]:
    """Return the number's unfinished tickets, newest first, as a card lists them."""
    if not phone:
        return []
    found = await stores.tickets.open_of_phone(phone)
    return [
        {"number": t["number"], "summary": t["summary"] or t["problem"], "at": t["created_at"]}
        for t in found[:5]
        if t["number"] != but
    ]
