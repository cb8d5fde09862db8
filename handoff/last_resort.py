"""What happens when nobody of a whole chain could be reached: a promise, and an alarm outside."""

from __future__ import annotations

import logging

from handoff.cases import Case, CaseBook
from handoff.notify import Notifier
from handoff.times import iso_after
from zhiban.clock import utc_now
from zhiban.community import Community
from zhiban.errors import ZhibanError
from zhiban.redis_client import RedisClient
from zhiban.tickets import Promise, TicketService

logger = logging.getLogger(__name__)

PROMISE = "人工尽快回电"


class LastResort:
    """Promises a call-back once per case and tells people outside of the desk.

    Args:
        redis: a client with ``decode_responses=True``.
        tickets: where the promise is kept.
        community: deadlines and hook.
        notifier: sends the alarm; to the site's hook alone by default.
    """

    def __init__(
        self,
        redis: RedisClient,
        tickets: TicketService,
        community: Community,
        notifier: Notifier | None = None,
    ) -> None:
        self._cases = CaseBook(redis)
        self._tickets = tickets
        self._community = community
        self._notifier = notifier or Notifier(community.notification_hook)

    async def nobody_found(self, case: Case) -> None:
        """Act on the first round in vain; later rounds find it done."""
        if case.promised_at:
            return
        deadlines = self._community.deadlines
        minutes = (
            deadlines.missed_emergency_callback if case.record.priority == 0 else deadlines.callback
        )
        due_at = iso_after(utc_now(), minutes * 60)
        await self._promise(case, due_at)
        await self._cases.note(case, promised_at=due_at)
        self._notifier.send(
            {
                "event": "handoff.no_agent",
                "handoff_id": case.record.id,
                "ticket_number": case.record.ticket_number,
                "kind": case.record.kind,
                "level": case.record.level,
                "callback_due_at": due_at,
                "text": f"值班无人接听：工单 {case.record.ticket_number}，请立即登录坐席台处理",
            }
        )

    def nobody_confirmed(self, case: Case) -> None:
        """Say outside that a due call-back is still nobody's (EMG-061)."""
        self._notifier.send(
            {
                "event": "handoff.unacknowledged",
                "handoff_id": case.record.id,
                "ticket_number": case.record.ticket_number,
                "kind": case.record.kind,
                "level": case.record.level,
                "reminders": case.reminders,
                "text": f"待回拨无人认领：工单 {case.record.ticket_number}，请立即登录坐席台回拨",
            }
        )

    async def close(self) -> None:
        """Give up on messages that are still being sent."""
        await self._notifier.close()

    async def _promise(self, case: Case, due_at: str) -> None:
        try:
            await self._tickets.promise(
                case.record.ticket_number,
                Promise(PROMISE, due_at),
                by="desk",
                what="无人接听，已承诺回电",
            )
        except ZhibanError as error:
            logger.error("no ticket to promise on: %s", error.code)
