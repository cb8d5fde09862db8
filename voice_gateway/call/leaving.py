"""What happens to open things when the caller is gone or put through: nothing is lost."""

from __future__ import annotations

from collections.abc import Iterable

from bot.language.categories import ticket_category
from bot.language.matters import candidates, settled
from voice_gateway.call.line import Line
from voice_gateway.dialogue.client import DialogueReply
from voice_gateway.services import Services
from zhiban.calls.place import PLACE_FIELDS
from zhiban.calls.surveys import FORM as SURVEY
from zhiban.calls.told import FORM_CATEGORY, NOT_OURS, Told, file_told
from zhiban.emergencies import EMERGENCY_LABELS
from zhiban.tickets import Category, TicketDraft

_LEAST = 0.5


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
    services, community = line.services, line.services.community
    busy = reply.active_form in FORM_CATEGORY
    told = Told(line.call_id, line.caller, reply.active_form, reply.slots, tuple(line.words))
    drafts = told.matter_drafts(community)
    waiting = bool(drafts)
    form = told.form_draft(community)
    if form is not None and not told.is_same_as(kind) and not await _is_filed(services, form):
        drafts.insert(0, form)
    if kind in EMERGENCY_LABELS or (not kind and not busy):
        drafts += [
            told.matter_draft(community, text, intent)
            for text, intent in await _matters_in(services, said, whole=not kind)
        ]
    for draft in drafts:
        await file_told(services, draft)
    return busy or waiting or reply.active_form == SURVEY


async def _is_filed(services: Services, form: TicketDraft) -> bool:
    """Return whether the dialogue filed it in the very turn that the caller did not wait for."""
    return any(
        ticket["problem"] == form.problem
        and all(ticket[part] == getattr(form, part) for part in PLACE_FIELDS)
        for ticket in await services.tickets.of_call(form.call_id)
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
            if confidence >= _LEAST and not dangerous and ticket_category(intent) not in NOT_OURS:
                found.append((piece, intent))
    return found


async def _meaning(services: Services, words: str) -> tuple[str, float]:
    """Return the intent of words, ``""`` if it is nothing to be dealt with."""
    intent, confidence = await services.dialogue.meaning(words)
    if ticket_category(intent) in (None, Category.CALLBACK):
        return "", 0.0
    return intent, confidence
