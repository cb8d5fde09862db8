"""Call-backs by telephone: stored before it rings, and ended by whoever sees how it ended."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from zhiban import redis_keys
from zhiban.calls.stores import CallStores
from zhiban.clock import iso_ms, utc_now
from zhiban.dialling import Outcome
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.handoffs import HandoffReason, HandoffRecord, HandoffState
from zhiban.masking import mask_phone
from zhiban.timeline import EventName

FIELD = "dialling"
"""Field of the handoff's hash while the owner is being rung."""
RING_SECONDS = 45.0
_MARGIN_SECONDS = 30.0
DIAL_SECONDS = RING_SECONDS + _MARGIN_SECONDS
"""A call-back that nobody has ended by then was lost with the process that dialled it."""


class CallbackOutcome(StrEnum):
    """What came of calling the owner back."""

    ANSWERED = "answered"
    BUSY = "busy"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    NO_ANSWER = "no_answer"
    ANNOUNCEMENT = "announcement"
    UNAVAILABLE = "unavailable"
    CANCELLED = "cancelled"
    LOST = "lost"


OUTCOME_WORDS = {
    CallbackOutcome.ANSWERED: "已接通",
    CallbackOutcome.BUSY: "占线",
    CallbackOutcome.REFUSED: "拒接",
    CallbackOutcome.UNREACHABLE: "无法接通",
    CallbackOutcome.NO_ANSWER: "无人接听",
    CallbackOutcome.ANNOUNCEMENT: "关机或不在服务区",
    CallbackOutcome.UNAVAILABLE: "电话线路不可用",
    CallbackOutcome.CANCELLED: "坐席取消",
    CallbackOutcome.LOST: "系统中断，未能拨出",
}
_OF_DIALLING = {
    Outcome.ANSWERED: CallbackOutcome.ANSWERED,
    Outcome.BUSY: CallbackOutcome.BUSY,
    Outcome.REFUSED: CallbackOutcome.REFUSED,
    Outcome.UNREACHABLE: CallbackOutcome.UNREACHABLE,
    Outcome.NO_ANSWER: CallbackOutcome.NO_ANSWER,
    Outcome.EARLY_MEDIA: CallbackOutcome.ANNOUNCEMENT,
    Outcome.EXPIRED: CallbackOutcome.UNAVAILABLE,
    Outcome.NO_LINE: CallbackOutcome.UNAVAILABLE,
    Outcome.CANCELLED: CallbackOutcome.CANCELLED,
}


def callback_outcome(outcome: Outcome) -> CallbackOutcome:
    """Return what the dialling's outcome means for a call-back."""
    return _OF_DIALLING[outcome]


@dataclass(frozen=True)
class CallBack:
    """An owner who is being called back.

    Attributes:
        call_id: of the call it becomes when they pick up.
        leg_id: the telephone's.
        to: number.
        by: the agent who calls.
        at: since when, UTC ISO 8601.
    """

    call_id: str
    leg_id: str
    to: str
    by: str
    at: str

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> CallBack | None:
        """Read the handoff's hash; None while nobody is being rung."""
        raw = fields.get(FIELD, "")
        return cls(**json.loads(raw)) if raw else None

    def told(self, handoff_id: str) -> dict[str, str]:
        """Return what the timeline says of it."""
        return {
            "handoff_id": handoff_id,
            "by": self.by,
            "to": mask_phone(self.to),
            "leg": self.leg_id,
            "new_call": self.call_id,
        }


async def begin(
    stores: CallStores, handoff_id: str, agent_id: str, to: str, *, call_id: str, leg_id: str
) -> CallBack:
    """Note that an owner is to be called back; only then may anything be dialled.

    Raises:
        ZhibanError: HANDOFF_CONFLICT when it is not due, not this agent's, or being dialled.
    """
    fields = await stores.redis.hgetall(redis_keys.handoff(handoff_id))
    if CallBack.of(fields) is not None:
        raise ZhibanError("正在回拨，请稍候", code=ErrorCode.HANDOFF_CONFLICT)
    dialled = CallBack(call_id, leg_id, to, agent_id, iso_ms(utc_now()))
    await stores.ledger.change(
        handoff_id,
        {FIELD: json.dumps(asdict(dialled))},
        [(EventName.CALLBACK_DIALLING, dialled.told(handoff_id))],
        state=HandoffState.CALLBACK_DUE.value,
        owner=agent_id,
        rev=int(fields.get("rev", "0")),
    )
    return dialled


async def end(
    stores: CallStores, handoff_id: str, dialled: CallBack, outcome: CallbackOutcome
) -> bool:
    """Write what came of it, once; False when somebody else has written it.

    Raises:
        Exception: a store fails; ending it again does nothing twice.
    """
    record = await _cleared(stores, handoff_id, dialled, outcome)
    if record is not None:
        await _note_on_ticket(stores, record, dialled, outcome)
    return record is not None


async def reached(
    stores: CallStores, handoff_id: str, dialled: CallBack, node: str
) -> HandoffRecord:
    """Give the case the call with the owner, who has picked up; the agent is accepted.

    Raises:
        ZhibanError: HANDOFF_CONFLICT when the case has moved on, or is not the agent's any more.
    """
    before = await stores.ledger.get(handoff_id)
    # What it owes to the timeline of the earlier call is written there first.
    await stores.ledger.settle(handoff_id)
    record = await stores.ledger.move(
        handoff_id,
        HandoffState.CALLBACK_DUE,
        HandoffState.ACCEPTED,
        HandoffReason.OWNER_REACHED,
        by=dialled.by,
        changes={
            "call_id": dialled.call_id,
            "node": node,
            "accepted_at": iso_ms(utc_now()),
            "call_ended": "",
            "claimed_at": "",
            "stage": 0,
            "tried": "",
            "rest_until": "",
            "reminders": 0,
            "reminded_at": "",
        },
        data={"earlier_call": before.call_id, "leg": dialled.leg_id},
        owner=dialled.by,
    )
    calls = [*record.card.get("calls", [before.call_id]), dialled.call_id]
    return await stores.ledger.update_card(handoff_id, {"calls": calls})


async def _cleared(
    stores: CallStores, handoff_id: str, dialled: CallBack, outcome: CallbackOutcome
) -> HandoffRecord | None:
    told = {**dialled.told(handoff_id), "outcome": outcome.value}
    while True:
        fields = await stores.redis.hgetall(redis_keys.handoff(handoff_id))
        if CallBack.of(fields) != dialled:
            return None
        try:
            return await stores.ledger.change(
                handoff_id,
                {FIELD: ""},
                [(EventName.CALLBACK_ENDED, told)],
                rev=int(fields.get("rev", "0")),
            )
        except ZhibanError as error:
            # Somebody wrote in the same moment: look again.
            if error.code is not ErrorCode.HANDOFF_CONFLICT:
                raise


async def _note_on_ticket(
    stores: CallStores, record: HandoffRecord, dialled: CallBack, outcome: CallbackOutcome
) -> None:
    line = {"at": dialled.at, "by": dialled.by, "leg": dialled.leg_id, "outcome": outcome.value}

    def add(ticket: Mapping[str, Any]) -> Mapping[str, Any]:
        details = ticket["details"]
        known = details.get("callbacks", [])
        if any(one.get("leg") == dialled.leg_id for one in known):
            return {}
        return {"details": {**details, "callbacks": [*known, line]}}

    await stores.tickets.amend(
        record.ticket_number, add, by=dialled.by, what=f"回拨业主：{OUTCOME_WORDS[outcome]}"
    )
