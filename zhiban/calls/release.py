"""A handoff whose caller is gone becomes a call-back that is due (EMG-003)."""

from __future__ import annotations

import logging

from zhiban.calls.report import call_back_promise
from zhiban.calls.stores import CallStores
from zhiban.emergencies import EMERGENCY_LABELS
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.handoffs import HandoffReason, HandoffRecord, HandoffState, is_legal

logger = logging.getLogger(__name__)


async def release_handoff(
    stores: CallStores,
    handoff_id: str,
    reason: HandoffReason = HandoffReason.CALLER_HUNG_UP,
    *,
    due_at: str = "",
) -> HandoffRecord:
    """Bring an open handoff to ``callback_due`` with a promise on its ticket.

    It is closed instead while the same number waits on about it in a newer call: of two that
    break at once the newer one always stays. Idempotent, and safe beside the desk, another node or
    an earlier try that broke off half-way.

    Args:
        stores: ledger, tickets and deadlines.
        handoff_id: which.
        reason: why nobody is on the line any more.
        due_at: until when a call back was promised already, UTC ISO 8601; else it is promised now.

    Raises:
        ZhibanError: HANDOFF_UNKNOWN.
    """
    while True:
        record = await stores.ledger.get(handoff_id)
        data: dict[str, str] = {}
        changes: dict[str, str] = {}
        why = reason
        if is_legal(record.state, HandoffState.CALLER_LEFT):
            following = HandoffState.CALLER_LEFT
        elif record.state is not HandoffState.CALLER_LEFT:
            return record
        elif (newer := await _newer(stores, record)) is not None:
            following, why = HandoffState.CLOSED, HandoffReason.CALLED_AGAIN
            data = {"goes_on_in": newer.id}
        else:
            following = HandoffState.CALLBACK_DUE
            changes = {"promised_at": due_at} if due_at else {}
            data = {"due_at": due_at or await promise_call_back(stores, record, by="bot")}
        try:
            await stores.ledger.move(
                record.id,
                record.state,
                following,
                why,
                by="gateway",
                changes=changes,
                data=data,
            )
        except ZhibanError as error:
            # Somebody moved it in the same moment; look again.
            if error.code is not ErrorCode.HANDOFF_CONFLICT:
                raise


async def promise_call_back(stores: CallStores, record: HandoffRecord, *, by: str) -> str:
    """Promise the call back on the handoff's ticket, once; return by when, UTC ISO 8601."""
    promise = call_back_promise(stores.community, emergency=record.kind in EMERGENCY_LABELS)
    try:
        await stores.tickets.promise(record.ticket_number, promise, by=by, what="callback_due")
    except ZhibanError as error:
        if error.code is not ErrorCode.TICKET_UNKNOWN:
            raise
        # The case stays red on every desk; a missing form must not hold it back.
        logger.error("handoff %s: no ticket to promise on", record.id)
    return promise.due_at


async def _newer(stores: CallStores, record: HandoffRecord) -> HandoffRecord | None:
    """Return a case on the same ticket that was opened later."""
    mine = (record.created_at, record.id)
    return next(
        (
            other
            for other in await stores.ledger.open()
            if other.ticket_number == record.ticket_number and (other.created_at, other.id) > mine
        ),
        None,
    )
