"""What happens to open things when the caller is gone or put through: nothing is lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from bot.language.categories import ticket_category
from bot.language.matters import candidates, settled
from voice_gateway.call.line import Line
from voice_gateway.dialogue.client import DialogueReply
from voice_gateway.emergency.case import Case
from voice_gateway.services import Services
from zhiban.clock import iso_ms, utc_now
from zhiban.emergencies import EMERGENCY_LABELS
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.handoffs import HandoffReason, HandoffState, is_legal
from zhiban.tickets import Category, Promise, TicketDraft

_FORM_CATEGORY = {
    "repair_form": Category.REPAIR_INDOOR,
    "complaint_form": Category.COMPLAINT_OTHER,
    "request_form": Category.OTHER_INQUIRY,
}
_GROWN_FROM = {
    "burst_pipe": Category.LEAK,
    "flood": Category.LEAK,
    "electric_hazard": Category.POWER_FAULT,
    "elevator_trapped": Category.LIFT_FAULT,
}
"""Emergencies that are the very matter a form was about, only worse."""
_NOT_OURS = (None, Category.CALLBACK, Category.EMERGENCY)
_LEAST = 0.5


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


async def keep_what_waits(line: Line, *, kind: str = "") -> bool:
    """File what was told and will not be taken down now, each matter as a ticket of its own.

    Whoever comes first files it: what was taken from the line is not filed again.

    Args:
        line: the call.
        kind: what the caller is put through for, ``""`` when they are gone.

    Returns:
        Whether the dialogue was busy with any of it.
    """
    reply, line.reply = line.reply, DialogueReply()
    said, line.unanswered = line.unanswered, []
    busy = reply.active_form in _FORM_CATEGORY
    grown = _GROWN_FROM.get(kind) == reply.slots.get("category")
    if busy and not grown:
        await _file_form(line, reply)
    waiting = list(reply.slots.get("matters") or ())
    for matter in waiting:
        await _file_matter(line, reply.slots, str(matter["text"]), str(matter["intent"]))
    if kind in EMERGENCY_LABELS or (not kind and not busy):
        for text, intent in await _matters_in(line.services, said, whole=not kind):
            await _file_matter(line, reply.slots, text, intent)
    return busy or bool(waiting)


async def _file_form(line: Line, reply: DialogueReply) -> None:
    """Keep a request that was being taken down, as an incomplete ticket."""
    problem = str(reply.slots.get("problem") or "")
    if not (problem or line.words):
        return
    named = str(reply.slots.get("category") or "")
    known = {c.value for c in Category}
    category = Category(named) if named in known else _FORM_CATEGORY[reply.active_form]
    draft = _draft(line, reply.slots, category, problem or line.words[0], line.words)
    await line.services.tickets.file(draft, by="bot", allow_incomplete=True)


async def _file_matter(line: Line, slots: Mapping[str, Any], text: str, intent: str) -> None:
    """Keep a matter that was only mentioned, for a colleague to call back about."""
    named = ticket_category(intent)
    category = Category.OTHER_INQUIRY if named in _NOT_OURS else Category(str(named))
    draft = _draft(line, slots, category, text, [text])
    await line.services.tickets.file(draft, by="bot", allow_incomplete=True)


def _draft(
    line: Line, slots: Mapping[str, Any], category: Category, problem: str, words: Iterable[str]
) -> TicketDraft:
    services, resident = line.services, line.resident
    home = {name: str(slots.get(name) or "") for name in ("building", "unit", "room")}
    name = str(slots.get("caller_name") or "")
    unconfirmed: list[str] = []
    if resident is not None and not home["building"]:
        # The calling number's home, which nobody has confirmed.
        home = {part: getattr(resident, part) for part in home}
        name = name or resident.name
        unconfirmed = [part for part in home if home[part]]
    due = utc_now() + timedelta(minutes=services.community.deadlines.inquiry_report)
    place = str(slots.get("place") or "") if problem == slots.get("problem") else ""
    return TicketDraft(
        category=category,
        problem=problem,
        building=home["building"],
        unit=home["unit"],
        room=home["room"],
        caller_name=name,
        phone=str(slots.get("phone") or line.caller),
        place=place,
        department=services.community.department_for(category.value),
        summary=f"待回电补全：{problem}",
        verbatim=tuple(words),
        details={"unconfirmed": unconfirmed} if unconfirmed else {},
        call_id=line.call_id,
        promises=(Promise("回拨业主", iso_ms(due)),),
    )


async def _matters_in(
    services: Services, texts: Iterable[str], *, whole: bool
) -> list[tuple[str, str]]:
    """Return the matters, with their intents, in turns the dialogue never answered.

    Args:
        services: the dialogue engine, which knows what a piece means.
        texts: the turns.
        whole: also those that are about one thing; in danger that is the danger itself.
    """
    found = []
    for text in texts:
        breath = candidates(text)
        if len(breath.matters) < 2 and not whole:
            continue
        meanings = {piece: await _meaning(services, piece) for piece in breath.texts}
        for piece in settled(breath, meanings.__getitem__).texts:
            intent, confidence = meanings.get(piece) or await _meaning(services, piece)
            dangerous = services.spotter.spot(piece, final=True) is not None
            if confidence >= _LEAST and not dangerous and ticket_category(intent) not in _NOT_OURS:
                found.append((piece, intent))
    return found


async def _meaning(services: Services, words: str) -> tuple[str, float]:
    """Return the intent of words, ``""`` if it is nothing to be dealt with."""
    intent, confidence = await services.dialogue.meaning(words)
    if ticket_category(intent) in (None, Category.CALLBACK):
        return "", 0.0
    return intent, confidence
