"""What an agent does with a case: accept, decline, join again, tick, note, dispose."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from handoff.accounts import User
from handoff.cases import TALKING, UNANSWERED, WAITING, Case, CaseBook
from handoff.outcomes import OUTCOMES
from handoff.presence import PresenceBook
from handoff.sop import SopBook
from handoff.words import DECLINE_REASONS
from zhiban import redis_keys
from zhiban.clock import iso_ms, utc_now
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.handoffs import HandoffLedger, HandoffReason, HandoffRecord, HandoffState
from zhiban.redis_client import RedisClient
from zhiban.store.models import Handoff
from zhiban.tickets import TicketService

BRIDGE_TOKEN_SECONDS = 60
_LOCAL = ("", "localhost", "127.0.0.1", "0.0.0.0", "::", "::1")  # noqa: S104
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


class TakenError(ZhibanError):
    """Somebody else has the call.

    Attributes:
        by: their name.
    """

    def __init__(self, by: str) -> None:
        super().__init__(
            f"已由{by}接听" if by else "这通电话已不在等待", code=ErrorCode.HANDOFF_CONFLICT
        )
        self.by = by


@dataclass(frozen=True)
class DeskStores:
    """Everything the desk's operations write to."""

    redis: RedisClient
    engine: AsyncEngine
    ledger: HandoffLedger
    tickets: TicketService
    presence: PresenceBook
    sop: SopBook


class Desk:
    """An agent's operations; each checks state and ownership itself.

    Args:
        stores: where things are kept.
    """

    def __init__(self, stores: DeskStores) -> None:
        self._stores = stores
        self._cases = CaseBook(stores.redis)
        self._ticket_locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def accept(self, handoff_id: str, user: User) -> Case:
        """Take the call; exactly one of several who press gets it.

        Raises:
            TakenError: somebody was faster; tells who.
            ZhibanError: HANDOFF_UNKNOWN.
        """
        while True:
            case = await self._case(handoff_id)
            record = case.record
            if record.agent_id == user.id and record.state in TALKING:
                return case  # this press, or an earlier one
            if record.state not in UNANSWERED:
                raise TakenError(case.agent_name)
            try:
                await self._take(record, user)
            except ZhibanError as error:
                if error.code is not ErrorCode.HANDOFF_CONFLICT:
                    raise
                # Somebody moved it in the same moment: look who has it now.

    async def _take(self, record: HandoffRecord, user: User) -> None:
        if record.state in WAITING:
            await self._stores.ledger.move(
                record.id,
                record.state,
                HandoffState.OFFERED,
                HandoffReason.RING,
                by=user.id,
                changes={"offered_to": user.id},
            )
        await self._stores.ledger.move(
            record.id,
            HandoffState.OFFERED,
            HandoffState.ACCEPTED,
            HandoffReason.AGENT_ANSWERED,
            by=user.id,
            changes={
                "agent_id": user.id,
                "agent_name": user.name,
                "accepted_at": iso_ms(utc_now()),
                "rest_until": "",
            },
        )

    async def decline(self, handoff_id: str, user: User, reason: str) -> None:
        """Refuse a ring; the next agent is rung at once.

        Raises:
            ZhibanError: BAD_MESSAGE for an unknown reason, ACCESS_DENIED when it rings at
                somebody else's desk, HANDOFF_CONFLICT when it stopped ringing.
        """
        if reason not in DECLINE_REASONS:
            raise ZhibanError("请选择拒接原因 / unknown reason", code=ErrorCode.BAD_MESSAGE)
        case = await self._case(handoff_id)
        if case.record.offered_to != user.id:
            raise ZhibanError("这通电话没有在您这里振铃", code=ErrorCode.ACCESS_DENIED)
        await self._stores.ledger.move(
            handoff_id,
            HandoffState.OFFERED,
            HandoffState.DECLINED,
            HandoffReason.AGENT_DECLINED,
            by=user.id,
            data={"why": reason},
        )
        await self._stores.presence.became_free(user.id)

    async def bridge_url(self, case: Case, user: User, browser_host: str) -> str:
        """Make a one-use token and return the address of the call's audio.

        Args:
            case: the accepted case.
            user: who accepted it.
            browser_host: name under which the browser reached the desk.
        """
        token = secrets.token_urlsafe(24)
        await self._stores.redis.set(
            redis_keys.bridge_token(case.record.id),
            json.dumps({"token": token, "agent_id": user.id}),
            ex=BRIDGE_TOKEN_SECONDS,
        )
        node = urlsplit(case.record.node)
        host = browser_host if (node.hostname or "") in _LOCAL else node.hostname or ""
        if ":" in host:
            host = f"[{host}]"
        port = f":{node.port}" if node.port else ""
        scheme = "wss" if node.scheme == "https" else "ws"
        query = urlencode({"handoff": case.record.id, "token": token})
        return f"{scheme}://{host}{port}/v1/agent?{query}"

    async def rejoin(self, handoff_id: str, user: User) -> Case:
        """Return the agent's own call in progress, so that a reloaded page joins it again.

        Raises:
            ZhibanError: ACCESS_DENIED when it is not theirs, HANDOFF_CONFLICT when it is over.
        """
        case = await self._mine(handoff_id, user)
        if case.record.state not in TALKING:
            raise ZhibanError("通话已结束", code=ErrorCode.HANDOFF_CONFLICT)
        return case

    async def command(self, handoff_id: str, user: User, command: str) -> Case:
        """Send a command to the gateway that holds the call.

        Raises:
            ZhibanError: ACCESS_DENIED when the call is not theirs.
        """
        case = await self._mine(handoff_id, user)
        message = {"command": command, "by": user.id, "handoff_id": handoff_id}
        await self._stores.redis.xadd(
            redis_keys.call_commands(case.record.call_id), {"command": json.dumps(message)}
        )
        return case

    async def return_to_bot(self, handoff_id: str, user: User) -> None:
        """Give the caller back to the bot; the case is closed, the ticket stays open.

        Raises:
            ZhibanError: ACCESS_DENIED, or HANDOFF_CONFLICT when nobody is on the line.
        """
        await self._mine(handoff_id, user)
        await self._stores.ledger.move(
            handoff_id,
            HandoffState.BRIDGED,
            HandoffState.RETURNED,
            HandoffReason.AGENT_RETURNED,
            by=user.id,
        )
        await self.command(handoff_id, user, "return_to_bot")
        await self._stores.ledger.move(
            handoff_id,
            HandoffState.RETURNED,
            HandoffState.CLOSED,
            HandoffReason.AGENT_RETURNED,
            by=user.id,
        )
        await self._stores.presence.became_free(user.id)

    async def dispose(self, handoff_id: str, user: User, outcome_key: str, notes: str) -> None:
        """Record how it ended: hang up if still joined, ticket first, then close the case.

        Raises:
            ZhibanError: BAD_MESSAGE for an unknown outcome, ACCESS_DENIED for another's call,
                HANDOFF_CONFLICT for a caller still waiting.
        """
        outcome = OUTCOMES.get(outcome_key)
        if outcome is None:
            raise ZhibanError("请选择处理结果 / unknown outcome", code=ErrorCode.BAD_MESSAGE)
        case = await self._case(handoff_id)
        record = case.record
        if record.state in UNANSWERED:
            raise ZhibanError("业主还在等待，不能办结", code=ErrorCode.HANDOFF_CONFLICT)
        if record.state in (HandoffState.ACCEPTED, HandoffState.BRIEFING):
            raise ZhibanError("正在接通，请稍候", code=ErrorCode.HANDOFF_CONFLICT, retryable=True)
        if record.state is HandoffState.BRIDGED and not case.call_ended:
            await self._mine(handoff_id, user)
            await self.command(handoff_id, user, "hangup")
        await self._write_outcome(case, user, outcome_key, notes[:_LONGEST_NOTES])
        await self._close(case, user, needs_callback=outcome.needs_callback)
        await self._stores.presence.became_free(user.id)

    async def claim(self, handoff_id: str, user: User) -> Case:
        """Take a due call-back on oneself, so that no two agents ring the same caller.

        Raises:
            TakenError: somebody else has it.
        """
        if await self._cases.claim(handoff_id, user.id, user.name):
            return await self._case(handoff_id)
        raise TakenError((await self._case(handoff_id)).agent_name)

    async def tick(self, handoff_id: str, user: User, key: str, *, done: bool) -> None:
        """Tick or untick a line of the checklist, or press a "told" button, on the ticket.

        Raises:
            ZhibanError: BAD_MESSAGE for a key the kind's card does not have.
        """
        case = await self._case(handoff_id)
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
        case = await self._case(handoff_id)
        number = case.record.ticket_number
        await self._stores.tickets.change(number, changes, by=user.id, what="坐席更正")
        await self._change_details(
            number,
            lambda details: {
                **details,
                "unconfirmed": [n for n in details.get("unconfirmed", ()) if n not in changes],
            },
            by=user.id,
            what="坐席确认",
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
            state = (await self._case(case.record.id)).record.state
            if state is goal or state is HandoffState.CLOSED:
                break
            following = path.get(state)
            if following is None:
                raise ZhibanError("业主还在等待，不能办结", code=ErrorCode.HANDOFF_CONFLICT)
            reason = _closing_reason(state, following)
            try:
                await self._stores.ledger.move(case.record.id, state, following, reason, by=user.id)
            except ZhibanError as error:
                if error.code is not ErrorCode.HANDOFF_CONFLICT:
                    raise
        if needs_callback:
            # Nobody's any more: whoever is free calls back.
            left = await self._case(case.record.id)
            await self._cases.note(left, agent_id="", agent_name="", accepted_at="")

    async def _change_details(
        self,
        number: str,
        change: Any,
        *,
        by: str,
        what: str,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        async with self._ticket_locks[number]:
            ticket = await self._stores.tickets.get(number)
            changes = {"details": change(ticket["details"]), **(more or {})}
            await self._stores.tickets.change(number, changes, by=by, what=what)

    async def _case(self, handoff_id: str) -> Case:
        case = await self._cases.get(handoff_id)
        if case is None:
            raise ZhibanError("没有这次转接 / no such handoff", code=ErrorCode.HANDOFF_UNKNOWN)
        return case

    async def _mine(self, handoff_id: str, user: User) -> Case:
        case = await self._case(handoff_id)
        if case.record.agent_id != user.id:
            raise ZhibanError("这通电话由别的坐席处理", code=ErrorCode.ACCESS_DENIED)
        return case


def _closing_reason(state: HandoffState, following: HandoffState) -> HandoffReason:
    if following is not HandoffState.CLOSED:
        return HandoffReason.AGENT_HUNG_UP
    if state is HandoffState.CALLBACK_DUE:
        return HandoffReason.CALLED_BACK
    return HandoffReason.DISPOSED


def _with(marks: Mapping[str, Any] | None, key: str, mark: Any) -> dict[str, Any]:
    kept = {name: value for name, value in (marks or {}).items() if name != key}
    return {**kept, key: mark} if mark else kept
