"""Surveys of satisfaction: answers go to the ticket at once, a bad one takes it up again (SLA-050)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from zhiban.calls.missed import base_card, open_tickets
from zhiban.calls.release import release_handoff
from zhiban.calls.report import card_caller
from zhiban.calls.stores import CallStores
from zhiban.clock import iso_ms, utc_now
from zhiban.errors import ZhibanError
from zhiban.handoffs import HandoffReason, HandoffRecord
from zhiban.tickets import Promise, Status, TicketService
from zhiban.tickets.satisfaction import Survey, SurveyOutcome
from zhiban.timeline import EventName, Timeline

FORM = "survey_form"
START = "action_survey"
"""Names of the survey in the dialogue engine."""
FOLLOW_UP = "不满意跟进"
_FINISHED = (Status.DONE, Status.CLOSED)
_KIND = "unsatisfied"

Answer = Callable[[Survey], Survey]


class SurveyStores(Protocol):
    """Where surveys are kept."""

    @property
    def timeline(self) -> Timeline:
        """Events."""

    @property
    def tickets(self) -> TicketService:
        """Tickets."""


def survey_of(ticket: Mapping[str, Any], call_id: str) -> Survey | None:
    """Return the survey about a ticket that was held in a call, if any."""
    kept = (ticket["details"] or {}).get("surveys", ())
    found = [Survey.read(one) for one in kept if one.get("call_id") == call_id]
    return found[-1] if found else None


async def note_answer(
    stores: SurveyStores,
    number: str,
    begun: Survey,
    answer: Answer,
    follow_up: Promise,
    *,
    by: str = "bot",
) -> Survey:
    """Keep an answer; an owner who is not satisfied has the ticket taken up again at once.

    It is the same ticket, not a new one (TAX-143): a finished one is reopened, one that is still
    being worked on stays where it is, and both promise the follow-up.

    Args:
        stores: where.
        number: the ticket.
        begun: the survey as it began.
        answer: adds the answer to what is known.
        follow_up: what an owner who is not satisfied is promised.
        by: who writes.

    Returns:
        The survey as it is kept now.

    Raises:
        ZhibanError: TICKET_UNKNOWN.
    """

    def add(ticket: Mapping[str, Any]) -> Mapping[str, Any]:
        before = survey_of(ticket, begun.call_id) or begun
        after = answer(before)
        changes: dict[str, Any] = {}
        if after.unsatisfied and not after.follow_up_by:
            after = replace(after, follow_up_by=follow_up.due_at)
            changes["promises"] = [*ticket["promises"], follow_up.to_dict()]
            if ticket["status"] in _FINISHED:
                changes["status"] = Status.REOPENED.value
        if after.grade:
            changes |= {"satisfaction": after.grade, "surveyed_at": after.at}
        return {**changes, "details": _with(ticket["details"], after)}

    ticket = await stores.tickets.amend(number, add, by=by, what="满意度回访")
    return survey_of(ticket, begun.call_id) or begun


async def end_survey(
    stores: SurveyStores, number: str, begun: Survey, outcome: str, *, by: str = "bot"
) -> Survey:
    """Write how a survey ended, on the ticket and once in its call's timeline; again changes nothing.

    Raises:
        ZhibanError: TICKET_UNKNOWN.
    """

    def end(ticket: Mapping[str, Any]) -> Mapping[str, Any]:
        known = survey_of(ticket, begun.call_id) or begun
        ended = known if known.outcome else replace(known, outcome=outcome)
        return {"details": _with(ticket["details"], ended)}

    ticket = await stores.tickets.amend(number, end, by=by, what="满意度回访")
    survey = survey_of(ticket, begun.call_id) or begun
    await stores.timeline.append(
        begun.call_id,
        EventName.SURVEY_ENDED,
        {"ticket_number": number, **survey.to_dict()},
        once=f"survey:{number}",
    )
    return survey


async def open_follow_up(
    stores: CallStores, number: str, survey: Survey, *, node: str, caller: str
) -> HandoffRecord:
    """Put the owner on the list of those to be called back, by the time they were told (DLG-087).

    Only after the call has ended: while it lasts its open handoff is a caller who waits.

    Raises:
        ZhibanError: TICKET_UNKNOWN.
        Exception: a store fails.
    """
    ticket = await stores.tickets.get(number)
    phone = str(ticket["phone"] or caller)
    resident = stores.community.resident_by_phone(phone) if phone else None
    record = await stores.ledger.request(
        call_id=survey.call_id,
        ticket_number=number,
        kind=_KIND,
        level=0,
        priority=1,
        reason=HandoffReason.UNSATISFIED,
        node=node,
        card={
            **base_card(_KIND, 0),
            "label": "回访不满意",
            "caller": card_caller(resident, phone),
            "where": {name: ticket[name] for name in ("building", "unit", "room")},
            "words": [survey.reason] if survey.reason else [],
            "what": survey.reason or "业主对处理结果不满意",
            "open_tickets": await open_tickets(stores, phone, but=number),
        },
        on_the_line=False,
    )
    return await release_handoff(
        stores, record.id, HandoffReason.UNSATISFIED, due_at=survey.follow_up_by
    )


async def settle_survey(
    stores: CallStores, number: str, begun: Survey, *, node: str, caller: str
) -> None:
    """See to a survey whose call is over: it gets an end, and an unsatisfied owner a follow-up.

    Nobody is asked to follow up on an owner whom a person has taken over meanwhile.

    Raises:
        Exception: a store fails.
    """
    try:
        survey = await end_survey(stores, number, begun, SurveyOutcome.BROKEN_OFF)
    except ZhibanError:
        return  # its ticket is gone
    if survey.unsatisfied and survey.outcome != SurveyOutcome.ELSEWHERE:
        await open_follow_up(stores, number, survey, node=node, caller=caller)


def begun_survey(call_id: str, by: str) -> Survey:
    """Return a survey that is just beginning."""
    return Survey(call_id, by, iso_ms(utc_now()))


def _with(details: Mapping[str, Any], survey: Survey) -> dict[str, Any]:
    others = [one for one in details.get("surveys", ()) if one.get("call_id") != survey.call_id]
    return {**details, "surveys": [*others, survey.to_dict()]}
