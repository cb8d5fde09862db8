"""What an agent writes about a case: checklist, corrections, and how it ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import update

from handoff.accounts import User
from handoff.cases import UNANSWERED, Case
from handoff.desk import Desk, DeskStores
from handoff.outcomes import OUTCOMES
from zhiban.calls.release import promise_call_back
from zhiban.clock import iso_ms, utc_now
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.handoffs import HandoffReason, HandoffState
from zhiban.store.models import Handoff

_EDITABLE = frozenset(
    {
        "building",
        "unit",
        "room",
        "place",
        "caller_name",
        "phone",
        "problem",
        "since",
        "available_time",
        "department",
    }
)
_LONGEST_FIELD = 500
_LONGEST_NOTES = 2_000
_TO_CLOSED = dict.fromkeys(
    (
        HandoffState.BRIDGED,
        HandoffState.RETURNED,
        HandoffState.CALLER_LEFT,
        HandoffState.CALLBACK_DUE,
    ),
    HandoffState.CLOSED,
)
_TO_CALLBACK = {
    HandoffState.BRIDGED: HandoffState.CALLER_LEFT,
    HandoffState.RETURNED: HandoffState.CALLER_LEFT,
    HandoffState.CALLER_LEFT: HandoffState.CALLBACK_DUE,
}


class Casework:
    """An agent's operations on a case's ticket and its end.

    Args:
        stores: where things are kept.
        desk: finds cases and ends calls.
    """

    def __init__(self, stores: DeskStores, desk: Desk) -> None:
        self._stores = stores
        self._desk = desk

    async def dispose(self, handoff_id: str, user: User, outcome_key: str, notes: str) -> None:
        """Record how it ended: hang up if still joined, ticket first, then close the case.

        Raises:
            ZhibanError: BAD_MESSAGE for an unknown outcome, ACCESS_DENIED for another's call,
                HANDOFF_CONFLICT for a caller still waiting.
        """
        outcome = OUTCOMES.get(outcome_key)
        if outcome is None:
            raise ZhibanError("请选择处理结果 / unknown outcome", code=ErrorCode.BAD_MESSAGE)
        case = await self._desk.case(handoff_id)
        record = case.record
        if record.state in UNANSWERED:
            raise ZhibanError("业主还在等待，不能办结", code=ErrorCode.HANDOFF_CONFLICT)
        if record.state in (HandoffState.ACCEPTED, HandoffState.BRIEFING):
            raise ZhibanError("正在接通，请稍候", code=ErrorCode.HANDOFF_CONFLICT, retryable=True)
        if record.state is HandoffState.BRIDGED and not case.call_ended:
            await self._desk.mine(handoff_id, user)
            await self._desk.command(handoff_id, user, "hangup")
        await self._write_outcome(case, user, outcome_key, notes[:_LONGEST_NOTES])
        await self._close(case, user, needs_callback=outcome.needs_callback)
        await self._stores.presence.became_free(user.id)

    async def tick(self, handoff_id: str, user: User, key: str, *, done: bool) -> None:
        """Tick or untick a line of the checklist, or press a "told" button, on the ticket.

        Raises:
            ZhibanError: BAD_MESSAGE for a key the kind's card does not have.
        """
        case = await self._desk.case(handoff_id)
        text = self._stores.sop.card(case.record.kind).text_of(key)
        if text is None:
            raise ZhibanError("处置卡没有这一步 / no such step", code=ErrorCode.BAD_MESSAGE)
        mark = {"at": iso_ms(utc_now()), "by": user.id, "name": user.name}
        await self._change_details(
            case.record.ticket_number,
            lambda details: {**details, "sop": _with(details.get("sop"), key, done and mark)},
            by=user.id,
            what=f"{'完成' if done else '撤销'}：{text}",
        )

    async def edit(self, handoff_id: str, user: User, changes: Mapping[str, Any]) -> None:
        """Correct the ticket's fields.

        Raises:
            ZhibanError: BAD_MESSAGE for a field agents may not change or an overlong value.
        """
        if not changes or not set(changes) <= _EDITABLE:
            raise ZhibanError("这些内容不能修改 / not editable", code=ErrorCode.BAD_MESSAGE)
        if any(not isinstance(v, str) or len(v) > _LONGEST_FIELD for v in changes.values()):
            raise ZhibanError("内容过长 / too long", code=ErrorCode.BAD_MESSAGE)
        case = await self._desk.case(handoff_id)
        number = case.record.ticket_number
        await self._change_details(
            number,
            lambda details: {
                **details,
                "unconfirmed": [n for n in details.get("unconfirmed", ()) if n not in changes],
            },
            by=user.id,
            what="坐席更正",
            more=changes,
        )

    async def _write_outcome(self, case: Case, user: User, outcome_key: str, notes: str) -> None:
        outcome = OUTCOMES[outcome_key]
        number = case.record.ticket_number
        line = {"at": iso_ms(utc_now()), "by": user.id, "outcome": outcome.key, "notes": notes}
        changes = {"status": outcome.status.value} if outcome.status else {}
        await self._change_details(
            number,
            lambda details: {**details, "outcomes": [*details.get("outcomes", ()), line]},
            by=user.id,
            what=f"处理结果：{outcome.label}",
            more=changes,
        )
        async with self._stores.engine.begin() as connection:
            await connection.execute(
                update(Handoff)
                .where(Handoff.id == case.record.id)
                .values(disposition=outcome.key, notes=notes)
            )

    async def _close(self, case: Case, user: User, *, needs_callback: bool) -> None:
        """Bring the case from wherever it stands to closed, or to the call-back list.

        The gateway may move it at the same time (the caller hangs up too): look again then.
        """
        goal = HandoffState.CALLBACK_DUE if needs_callback else HandoffState.CLOSED
        path = _TO_CALLBACK if needs_callback else _TO_CLOSED
        while True:
            state = (await self._desk.case(case.record.id)).record.state
            if state is goal or state is HandoffState.CLOSED:
                break
            following = path.get(state)
            if following is None:
                raise ZhibanError("业主还在等待，不能办结", code=ErrorCode.HANDOFF_CONFLICT)
            reason = _closing_reason(state, following)
            if following is HandoffState.CALLBACK_DUE:
                await promise_call_back(self._stores, case.record, by=user.id)
            try:
                await self._stores.ledger.move(case.record.id, state, following, reason, by=user.id)
            except ZhibanError as error:
                if error.code is not ErrorCode.HANDOFF_CONFLICT:
                    raise
        if needs_callback:
            # Nobody's any more: whoever is free calls back.
            left = (await self._desk.case(case.record.id)).record
            if left.state is HandoffState.CALLBACK_DUE and left.agent_id:
                await self._stores.ledger.release(
                    left.id, left.agent_id, HandoffReason.NOT_REACHED, by=user.id
                )

    async def _change_details(
        self,
        number: str,
        change: Callable[[Mapping[str, Any]], dict[str, Any]],
        *,
        by: str,
        what: str,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        await self._stores.tickets.amend(
            number,
            lambda ticket: {"details": change(ticket["details"]), **(more or {})},
            by=by,
            what=what,
        )


def _closing_reason(state: HandoffState, following: HandoffState) -> HandoffReason:
    if following is not HandoffState.CLOSED:
        return HandoffReason.AGENT_HUNG_UP
    if state is HandoffState.CALLBACK_DUE:
        return HandoffReason.CALLED_BACK
    return HandoffReason.DISPOSED


def _with(marks: Mapping[str, Any] | None, key: str, mark: Any) -> dict[str, Any]:
    kept = {name: value for name, value in (marks or {}).items() if name != key}
    return {**kept, key: mark} if mark else kept
