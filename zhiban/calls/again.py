"""The same number calls again: it is joined to its open case instead of opening a second one."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from zhiban.calls.stores import CallStores
from zhiban.clock import iso_ms, utc_now
from zhiban.emergencies import EMERGENCY_LABELS
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.handoffs import HandoffReason, HandoffRecord, HandoffState
from zhiban.tickets import Status

logger = logging.getLogger(__name__)

_WORDS_KEPT = 20


async def open_case_of(stores: CallStores, caller: str, *, but: str = "") -> HandoffRecord | None:
    """Return the number's most urgent open case that lately changed, if any.

    Args:
        stores: ledger, and the site's ``rejoin_minutes``.
        caller: calling number that can be trusted, or ``""``.
        but: the call that asks; its own case does not count.
    """
    if not caller:
        return None
    since = iso_ms(utc_now() - timedelta(minutes=stores.community.rejoin_minutes))
    return next(
        (
            record
            for record in await stores.ledger.open()
            if (record.card.get("caller") or {}).get("phone") == caller
            and record.updated_at >= since
            and record.call_id != but
        ),
        None,
    )


async def join_case(
    stores: CallStores, known: HandoffRecord, call_id: str, node: str, words: Sequence[str] = ()
) -> HandoffRecord:
    """Give a call the open case of its number, and ring for it; return the case.

    A due call-back is rung again as a caller on the line, with whoever had taken it upon them
    first. A case whose earlier call still holds it stays as it is, and this call waits in one of
    its own on the same ticket. Kind and priority are those of the case: never lowered.

    Args:
        stores: tickets and ledger.
        known: what :func:`open_case_of` returned.
        call_id: the call that joins.
        node: the gateway that holds it.
        words: what its caller has said so far.

    Raises:
        Exception: a store fails; joining again does nothing twice.
    """
    await _note_on_ticket(stores, known.ticket_number, call_id, words)
    if known.state is HandoffState.CALLBACK_DUE:
        try:
            return await _ring_again(stores, known, call_id, node)
        except ZhibanError as error:
            if error.code is not ErrorCode.HANDOFF_CONFLICT:
                raise
            logger.info("handoff %s was moved meanwhile", known.id)
    said = [*known.card.get("words", ()), *words][-_WORDS_KEPT:]
    return await stores.ledger.request(
        call_id=call_id,
        ticket_number=known.ticket_number,
        kind=known.kind,
        level=known.level,
        priority=known.priority,
        reason=HandoffReason.CALLED_AGAIN,
        node=node,
        card={**known.card, "words": said, "calls": [known.call_id, call_id]},
    )


async def withdraw_for(stores: CallStores, number: str, known_number: str) -> None:
    """Withdraw a ticket that only asks for the call the known one promises already."""
    if number == known_number:
        return

    def merge(ticket: Mapping[str, Any]) -> Mapping[str, Any]:
        details = {**ticket["details"], "merged_into": known_number}
        return {"status": Status.WITHDRAWN.value, "details": details}

    await stores.tickets.amend(number, merge, by="bot", what=f"并入 {known_number}")


def is_danger(record: HandoffRecord | None) -> bool:
    """Return whether an open case is an emergency."""
    return record is not None and record.kind in EMERGENCY_LABELS


async def _note_on_ticket(
    stores: CallStores, number: str, call_id: str, words: Sequence[str]
) -> None:
    def add(ticket: Mapping[str, Any]) -> Mapping[str, Any]:
        details = ticket["details"]
        calls = details.get("calls") or [ticket["call_id"]]
        if call_id in calls:
            return {}
        said = [*ticket["verbatim"], *words][-_WORDS_KEPT:]
        return {"details": {**details, "calls": [*calls, call_id]}, "verbatim": said}

    await stores.tickets.amend(number, add, by="bot", what="业主再次来电")


async def _ring_again(
    stores: CallStores, known: HandoffRecord, call_id: str, node: str
) -> HandoffRecord:
    # What it owes to the timeline of the earlier call is written there first.
    await stores.ledger.settle(known.id)
    record = await stores.ledger.move(
        known.id,
        HandoffState.CALLBACK_DUE,
        HandoffState.REQUESTED,
        HandoffReason.CALLED_AGAIN,
        by="caller",
        changes={
            "call_id": call_id,
            "node": node,
            "agent_id": "",
            "agent_name": "",
            "offered_to": "",
            "wanted_agent": known.agent_id,
            "wanted_role": "",
            "stage": 0,
            "tried": "",
            "rest_until": "",
            "call_ended": "",
            "accepted_at": "",
            "claimed_at": "",
            "reminders": 0,
            "reminded_at": "",
        },
        data={"earlier_call": known.call_id},
    )
    calls = [*known.card.get("calls", [known.call_id]), call_id]
    return await stores.ledger.update_card(record.id, {"calls": calls})
