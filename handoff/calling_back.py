"""An agent calls an owner back by telephone, from the desk."""

from __future__ import annotations

import json
import secrets

from handoff.accounts import User
from handoff.desk import BRIDGE_TOKEN_SECONDS, Desk, DeskStores, socket_url
from handoff.phones import read_phone
from zhiban import redis_keys
from zhiban.calls.calling_back import begin
from zhiban.calls.ids import new_call_id
from zhiban.calls.nodes import is_alive, living
from zhiban.dialling.order import new_leg_id
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.handoffs import HandoffRecord

_PURPOSE = "callback"


class CallingBack:
    """Begins call-backs; the gateway that the agent's browser then reaches dials.

    Args:
        stores: where things are kept.
        desk: finds cases.
    """

    def __init__(self, stores: DeskStores, desk: Desk) -> None:
        self._stores = stores
        self._desk = desk

    async def begin(self, handoff_id: str, user: User, browser_host: str) -> tuple[str, str]:
        """Store that the owner is to be rung; return the agent's audio address and the call.

        Raises:
            ZhibanError: ACCESS_DENIED for another's call-back, HANDOFF_CONFLICT when it is not
                due or already being dialled, BAD_MESSAGE without a number, NO_LINE when no
                telephone line or no gateway is up.
        """
        record = (await self._desk.mine(handoff_id, user)).record
        to = await self._number(record)
        redis = self._stores.redis
        if not await redis.exists(redis_keys.SIP_ALIVE):
            raise no_line()
        node = await self._node(record)
        call_id = new_call_id()
        await begin(self._stores, handoff_id, user.id, to, call_id=call_id, leg_id=new_leg_id())
        token = secrets.token_urlsafe(24)
        await redis.set(
            redis_keys.bridge_token(handoff_id, _PURPOSE),
            json.dumps({"token": token, "agent_id": user.id}),
            ex=BRIDGE_TOKEN_SECONDS,
        )
        query = {"handoff": handoff_id, "token": token}
        return socket_url(node, browser_host, "/v1/callback", query), call_id

    async def _number(self, record: HandoffRecord) -> str:
        try:
            ticket = await self._stores.tickets.get(record.ticket_number)
        except ZhibanError:
            ticket = {}  # a missing form must not hold the call back
        caller = record.card.get("caller") or {}
        number = read_phone(str(ticket.get("phone") or caller.get("phone") or ""))
        if not number:
            raise ZhibanError("工单上没有电话号码 / no number", code=ErrorCode.BAD_MESSAGE)
        return number

    async def _node(self, record: HandoffRecord) -> str:
        redis = self._stores.redis
        if record.node and await is_alive(redis, record.node):
            return record.node
        nodes = await living(redis)
        if not nodes:
            raise no_line()
        return nodes[0]


def no_line() -> ZhibanError:
    """Return the error that nobody can be called from here now."""
    return ZhibanError(
        "电话线路不可用，请用其他电话回拨 / no line", code=ErrorCode.NO_LINE, retryable=True
    )
