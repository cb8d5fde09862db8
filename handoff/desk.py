"""What an agent does with a call: accept, decline, join again, hang up, give back, claim."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from sqlalchemy.ext.asyncio import AsyncEngine

from handoff.accounts import User
from handoff.cases import TALKING, UNANSWERED, WAITING, Case, CaseBook
from handoff.presence import PresenceBook
from handoff.sop import SopBook
from handoff.words import DECLINE_REASONS
from zhiban import redis_keys
from zhiban.clock import iso_ms, utc_now
from zhiban.community import Community
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.handoffs import HandoffLedger, HandoffReason, HandoffRecord, HandoffState
from zhiban.redis_client import RedisClient
from zhiban.tickets import TicketService
from zhiban.timeline import Timeline

BRIDGE_TOKEN_SECONDS = 60
_LOCAL = ("", "localhost", "127.0.0.1", "0.0.0.0", "::", "::1")  # noqa: S104


def socket_url(node_url: str, browser_host: str, path: str, query: Mapping[str, str]) -> str:
    """Return a WebSocket address at a gateway node as the agent's browser reaches it."""
    node = urlsplit(node_url)
    host = browser_host if (node.hostname or "") in _LOCAL else node.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    port = f":{node.port}" if node.port else ""
    scheme = "wss" if node.scheme == "https" else "ws"
    return f"{scheme}://{host}{port}{path}?{urlencode(query)}"


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
    timeline: Timeline
    community: Community
    ledger: HandoffLedger
    tickets: TicketService
    presence: PresenceBook
    sop: SopBook


class Desk:
    """An agent's operations on calls; each checks state and ownership itself.

    Args:
        stores: where things are kept.
    """

    def __init__(self, stores: DeskStores) -> None:
        self._stores = stores
        self._cases = CaseBook(stores.redis)

    async def accept(self, handoff_id: str, user: User) -> Case:
        """Take the call; exactly one of several who press gets it.

        Raises:
            TakenError: somebody was faster; tells who.
            ZhibanError: HANDOFF_UNKNOWN.
        """
        while True:
            case = await self.case(handoff_id)
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
        case = await self.case(handoff_id)
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
            user: who accepted it, or has another part in it.
            browser_host: name under which the browser reached the desk.
        """
        token = secrets.token_urlsafe(24)
        guest = {} if case.record.agent_id == user.id else {"agent": user.id}
        await self._stores.redis.set(
            redis_keys.bridge_token(case.record.id, guest.get("agent", "")),
            json.dumps({"token": token, "agent_id": user.id}),
            ex=BRIDGE_TOKEN_SECONDS,
        )
        query = {"handoff": case.record.id, "token": token, **guest}
        return socket_url(case.record.node, browser_host, "/v1/agent", query)

    async def rejoin(self, handoff_id: str, user: User) -> Case:
        """Return the agent's own call in progress, so that a reloaded page joins it again.

        Raises:
            ZhibanError: ACCESS_DENIED when it is not theirs, HANDOFF_CONFLICT when it is over.
        """
        case = await self.mine(handoff_id, user)
        if case.record.state not in TALKING:
            raise ZhibanError("通话已结束", code=ErrorCode.HANDOFF_CONFLICT)
        return case

    async def command(self, handoff_id: str, user: User, command: str) -> Case:
        """Send a command to the gateway that holds the call.

        Raises:
            ZhibanError: ACCESS_DENIED when the call is not theirs.
        """
        case = await self.mine(handoff_id, user)
        message = {"command": command, "by": user.id, "handoff_id": handoff_id}
        await self.order(case.record, message)
        return case

    async def order(self, record: HandoffRecord, message: Mapping[str, str]) -> None:
        """Queue an order for the gateway that holds a call."""
        await self._stores.redis.xadd(
            redis_keys.call_commands(record.call_id), {"command": json.dumps(message)}
        )

    async def return_to_bot(self, handoff_id: str, user: User) -> None:
        """Give the caller back to the bot; the case is closed, the ticket stays open.

        Raises:
            ZhibanError: ACCESS_DENIED, or HANDOFF_CONFLICT when nobody is on the line.
        """
        case = await self.mine(handoff_id, user)
        order = {"command": "return_to_bot", "by": user.id, "handoff_id": handoff_id}
        await self.give_away(case, user, HandoffReason.AGENT_RETURNED, order)

    async def give_away(
        self, case: Case, user: User, reason: HandoffReason, order: Mapping[str, str]
    ) -> None:
        """Leave a talking caller to the bot, and close the case.

        Args:
            case: the agent's.
            user: the agent.
            reason: why.
            order: what the gateway has to do with the caller.

        Raises:
            ZhibanError: HANDOFF_CONFLICT when nobody is on the line.
        """
        ledger, handoff_id = self._stores.ledger, case.record.id
        bridged, returned = HandoffState.BRIDGED, HandoffState.RETURNED
        await ledger.move(handoff_id, bridged, returned, reason, by=user.id)
        await self.order(case.record, order)
        try:
            await ledger.move(handoff_id, returned, HandoffState.CLOSED, reason, by=user.id)
        except ZhibanError as error:
            if error.code is not ErrorCode.HANDOFF_CONFLICT:
                raise
            # The clock has closed it, or the caller has left: either way the agent is free.
        await self._stores.presence.became_free(user.id)

    async def claim(self, handoff_id: str, user: User) -> Case:
        """Take a due call-back on oneself, so that no two agents ring the same caller.

        Raises:
            TakenError: somebody else has it.
        """
        try:
            await self._stores.ledger.claim(handoff_id, user.id, user.name)
        except ZhibanError as error:
            if error.code is not ErrorCode.HANDOFF_CONFLICT:
                raise
            raise TakenError((await self.case(handoff_id)).agent_name) from error
        return await self.case(handoff_id)

    async def case(self, handoff_id: str) -> Case:
        """Return a case.

        Raises:
            ZhibanError: HANDOFF_UNKNOWN.
        """
        case = await self._cases.get(handoff_id)
        if case is None:
            raise ZhibanError("没有这次转接 / no such handoff", code=ErrorCode.HANDOFF_UNKNOWN)
        return case

    async def mine(self, handoff_id: str, user: User) -> Case:
        """Return a case that is this agent's.

        Raises:
            ZhibanError: HANDOFF_UNKNOWN, or ACCESS_DENIED for somebody else's.
        """
        case = await self.case(handoff_id)
        if case.record.agent_id != user.id:
            raise ZhibanError("这通电话由别的坐席处理", code=ErrorCode.ACCESS_DENIED)
        return case
