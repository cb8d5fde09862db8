"""Surveys from the desk: hand a talking owner to the bot's questions, or have the bot call them."""

from __future__ import annotations

from handoff.accounts import User
from handoff.calling_back import no_line
from handoff.desk import Desk, DeskStores
from handoff.phones import read_phone
from zhiban import redis_keys
from zhiban.calls.ids import new_call_id
from zhiban.calls.nodes import living
from zhiban.calls.survey_orders import SurveyOrder, claim_ticket, free_ticket, send_order
from zhiban.dialling.order import new_leg_id
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.handoffs import HandoffReason
from zhiban.tickets import Status
from zhiban.timeline import EventName

_FINISHED = (Status.DONE, Status.CLOSED)


class Surveys:
    """Begins surveys.

    Args:
        stores: where things are kept.
        desk: finds cases.
    """

    def __init__(self, stores: DeskStores, desk: Desk) -> None:
        self._stores = stores
        self._desk = desk

    async def hand_over(self, handoff_id: str, user: User) -> None:
        """Leave the call; the bot asks the owner how satisfied they are.

        Raises:
            ZhibanError: ACCESS_DENIED, or HANDOFF_CONFLICT when nobody is on the line.
        """
        case = await self._desk.mine(handoff_id, user)
        order = {
            "command": "survey",
            "by": user.id,
            "handoff_id": handoff_id,
            "ticket_number": case.record.ticket_number,
        }
        await self._desk.give_away(case, user, HandoffReason.SURVEY, order)

    async def call(self, ticket_number: str, user: User) -> str:
        """Have the bot ring the owner of a finished ticket; return the id of the call it becomes.

        Raises:
            ZhibanError: TICKET_UNKNOWN, HANDOFF_CONFLICT for a ticket that is not finished or
                whose owner is just being asked, BAD_MESSAGE without a number, NO_LINE when no
                telephone line or no gateway is up.
        """
        ticket = await self._stores.tickets.get(ticket_number)
        if ticket["status"] not in _FINISHED:
            raise ZhibanError("工单还没有办结，不能回访", code=ErrorCode.HANDOFF_CONFLICT)
        number = read_phone(str(ticket["phone"] or ""))
        if not number:
            raise ZhibanError("工单上没有电话号码 / no number", code=ErrorCode.BAD_MESSAGE)
        redis = self._stores.redis
        if not await redis.exists(redis_keys.SIP_ALIVE) or not await living(redis):
            raise no_line()
        order = SurveyOrder(ticket_number, number, user.id, new_call_id(), new_leg_id())
        if not await claim_ticket(redis, order):
            raise ZhibanError("正在回访这位业主，请稍候", code=ErrorCode.HANDOFF_CONFLICT)
        try:
            await self._stores.timeline.append(
                order.call_id, EventName.SURVEY_DIALLING, order.told()
            )
            await send_order(redis, order)
        except Exception:
            await free_ticket(redis, ticket_number)
            raise
        return order.call_id
