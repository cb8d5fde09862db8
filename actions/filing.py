"""From what a form knows to a ticket."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from actions.flow.grade import ComplaintLevel, complaint_level, urgency_of
from actions.flow.spoken import category_words
from actions.flow.state import Facts, Flow
from actions.promises import Promised, promise_for
from actions.resources import Resources
from actions.turn import Turn
from zhiban.clock import utc_now
from zhiban.tickets import Category, Promise, TicketDraft

BY = "bot"


def draft_of(
    resources: Resources, turn: Turn, facts: Facts, flow: Flow
) -> tuple[TicketDraft, Promised]:
    """Return the ticket to file and what the caller is promised with it."""
    category = Category(facts.category or Category.OTHER_INQUIRY)
    urgency = urgency_of(facts, flow)
    level = complaint_level(category, flow) if category.is_complaint else ComplaintLevel.NORMAL
    promised = promise_for(resources.community, category, urgency, level, utc_now())
    details: dict[str, Any] = {}
    for name, value in (
        ("severity", facts.severity),
        ("wish", facts.wish),
        ("also", list(flow.also)),
        ("unconfirmed", list(flow.unconfirmed)),
    ):
        if value:
            details[name] = value
    if category.is_complaint:
        details["complaint_level"] = level.value
        details["threats"] = flow.crisis
    draft = TicketDraft(
        category=category,
        problem=facts.problem or "",
        urgency=urgency,
        level=level.number if category.is_complaint else None,
        department=resources.community.department_for(category.value),
        building=facts.building or "",
        unit=facts.unit or "",
        room=facts.room or "",
        caller_name=facts.caller_name or "",
        phone=facts.phone or turn.caller,
        place=facts.place or "",
        since=facts.since or "",
        available_time=facts.available_time or "",
        special_flags=_flags(turn),
        summary=_summary(category, facts),
        verbatim=flow.said,
        details=details,
        call_id=turn.call_id,
        promises=promised.promises,
    )
    return draft, promised


async def file_ticket(
    resources: Resources,
    draft: TicketDraft,
    *,
    incomplete: bool = False,
    promises: tuple[Promise, ...] | None = None,
) -> dict[str, Any]:
    """File a ticket and return it.

    Args:
        resources: the store.
        draft: what is known.
        incomplete: keep it although required fields are missing.
        promises: replace the draft's promises.

    Raises:
        TicketIncompleteError: required fields are missing and ``incomplete`` is false.
    """
    if promises is not None:
        draft = replace(draft, promises=promises)
    return await resources.tickets.file(draft, by=BY, allow_incomplete=incomplete)


async def file_request_for_person(
    resources: Resources, turn: Turn, facts: Facts, what: str, said: tuple[str, ...]
) -> dict[str, Any]:
    """File the call-back ticket that stands behind a request for a person."""
    resident = turn.resident or {}
    draft = TicketDraft(
        category=Category.CALLBACK,
        problem=what,
        department=resources.community.department_for(Category.CALLBACK.value),
        building=facts.building or str(resident.get("building") or ""),
        unit=facts.unit or str(resident.get("unit") or ""),
        room=facts.room or str(resident.get("room") or ""),
        caller_name=facts.caller_name or str(resident.get("name") or ""),
        phone=facts.phone or turn.caller,
        special_flags=_flags(turn),
        summary=what,
        verbatim=said,
        call_id=turn.call_id,
    )
    return await file_ticket(resources, draft, incomplete=True)


def _flags(turn: Turn) -> tuple[str, ...]:
    return tuple(str(flag) for flag in (turn.resident or {}).get("special_flags") or ())


def _summary(category: Category, facts: Facts) -> str:
    """Return one line for people: ``5栋2单元1001 李先生：厨房水管漏水``."""
    where = "".join(
        (
            f"{facts.building}栋" if facts.building else "",
            f"{facts.unit}单元" if facts.unit else "",
            facts.room or "",
        )
    )
    who = " ".join(part for part in (where, facts.caller_name or "") if part)
    what = facts.problem or category_words(category.value)
    return f"{who}：{what}" if who else what
