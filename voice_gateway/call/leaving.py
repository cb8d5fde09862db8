"""What happens to open things when the caller is gone: nothing is lost."""

from __future__ import annotations

from datetime import timedelta

from voice_gateway.dialogue.client import DialogueReply
from voice_gateway.emergency.case import Case
from voice_gateway.services import Services
from zhiban.clock import iso_ms, utc_now
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.handoffs import HandoffReason, HandoffState, is_legal
from zhiban.tickets import Category, Promise, TicketDraft

_FORM_CATEGORY = {
    "repair_form": Category.REPAIR_INDOOR,
    "complaint_form": Category.COMPLAINT_OTHER,
    "request_form": Category.OTHER_INQUIRY,
}


async def release_handoff(services: Services, case: Case) -> None:
    """Turn a handoff whose caller left into a call-back that is due (EMG-003)."""
    while True:
        record = await services.ledger.get(case.handoff_id)
        if not is_legal(record.state, HandoffState.CALLER_LEFT):
            return
        try:
            await services.ledger.move(
                record.id,
                record.state,
                HandoffState.CALLER_LEFT,
                HandoffReason.CALLER_HUNG_UP,
                by="caller",
            )
            break
        except ZhibanError as error:
            # The desk moved it in the same moment; look again.
            if error.code is not ErrorCode.HANDOFF_CONFLICT:
                raise
    deadlines = services.community.deadlines
    minutes = deadlines.missed_emergency_callback if case.is_emergency else deadlines.inquiry_report
    due_at = iso_ms(utc_now() + timedelta(minutes=minutes))
    ticket = await services.tickets.get(record.ticket_number)
    promise = Promise("回拨业主", due_at).to_dict()
    await services.tickets.change(
        record.ticket_number,
        {"promises": [*ticket["promises"], promise]},
        by="bot",
        what="callback_due",
    )
    await services.ledger.move(
        record.id,
        HandoffState.CALLER_LEFT,
        HandoffState.CALLBACK_DUE,
        HandoffReason.CALLER_HUNG_UP,
        by="gateway",
        data={"due_at": due_at},
    )


async def file_unfinished(
    services: Services, call_id: str, caller: str, reply: DialogueReply, words: list[str]
) -> None:
    """Keep a request that was being taken down when the line broke, as an incomplete ticket."""
    slots = reply.slots
    problem = str(slots.get("problem") or "")
    if reply.active_form not in _FORM_CATEGORY or not (problem or words):
        return
    category = str(slots.get("category") or "")
    known = {c.value for c in Category}
    draft = TicketDraft(
        category=Category(category) if category in known else _FORM_CATEGORY[reply.active_form],
        problem=problem or words[0],
        building=str(slots.get("building") or ""),
        unit=str(slots.get("unit") or ""),
        room=str(slots.get("room") or ""),
        caller_name=str(slots.get("caller_name") or ""),
        phone=str(slots.get("phone") or caller),
        place=str(slots.get("place") or ""),
        department=services.community.department_for(category),
        summary="通话中断，待回电补全",
        verbatim=tuple(words),
        call_id=call_id,
    )
    await services.tickets.file(draft, by="bot", allow_incomplete=True)
