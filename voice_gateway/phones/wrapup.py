"""How a call taken on a telephone ended, by one key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import update

from voice_gateway.services import Services
from zhiban.calls.release import release_handoff
from zhiban.clock import iso_ms, utc_now
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.handoffs import HandoffReason, HandoffState
from zhiban.store.models import Handoff
from zhiban.tickets import Status

DONE, CALL_BACK = "1", "2"
KEYS = DONE + CALL_BACK
_OUTCOMES = {DONE: "in_progress", CALL_BACK: "callback"}
_LABELS = {DONE: "处理中，继续跟进（电话接听）", CALL_BACK: "需要回拨业主（电话接听）"}


async def dispose(services: Services, handoff_id: str, agent_id: str, name: str, key: str) -> None:
    """Write the outcome on the ticket, then close the case or make it a due call-back.

    Raises:
        Exception: a store fails; the case stays open.
    """
    record = await services.ledger.get(handoff_id)
    outcome = _OUTCOMES[key]
    line = {"at": iso_ms(utc_now()), "by": agent_id, "name": name, "outcome": outcome, "notes": ""}

    def written(ticket: Mapping[str, Any]) -> Mapping[str, Any]:
        details = ticket["details"]
        outcomes = [*details.get("outcomes", ()), line]
        return {
            "details": {**details, "outcomes": outcomes},
            "status": Status.IN_PROGRESS.value,
        }

    await services.tickets.amend(
        record.ticket_number, written, by=agent_id, what=f"处理结果：{_LABELS[key]}"
    )
    async with services.engine.begin() as connection:
        await connection.execute(
            update(Handoff).where(Handoff.id == handoff_id).values(disposition=outcome)
        )
    if key == CALL_BACK:
        released = await release_handoff(services, handoff_id, HandoffReason.AGENT_HUNG_UP)
        if released.state is HandoffState.CALLBACK_DUE and released.agent_id:
            # Nobody's any more: whoever is free calls back.
            await services.ledger.release(
                handoff_id, released.agent_id, HandoffReason.NOT_REACHED, by=agent_id
            )
        return
    try:
        await services.ledger.move(
            handoff_id,
            HandoffState.BRIDGED,
            HandoffState.CLOSED,
            HandoffReason.DISPOSED,
            by=agent_id,
            owner=agent_id,
        )
    except ZhibanError as error:
        # A desk was faster, or made it a call-back: that stands.
        if error.code is not ErrorCode.HANDOFF_CONFLICT:
            raise
