"""What happens when nobody of a whole chain could be reached: a promise, and an alarm outside."""

from __future__ import annotations

import asyncio
import logging

import aiohttp

from handoff.cases import Case, CaseBook
from handoff.times import iso_after
from zhiban.clock import utc_now
from zhiban.community import Community
from zhiban.errors import ZhibanError
from zhiban.redis_client import RedisClient
from zhiban.tickets import Promise, TicketService

logger = logging.getLogger(__name__)

_ATTEMPTS = 4
_FIRST_RETRY_SECONDS = 1.0
_POST_SECONDS = 5.0
PROMISE = "人工尽快回电"


class LastResort:
    """Promises a call-back once per case and tells the site's notification hook.

    Args:
        redis: a client with ``decode_responses=True``.
        tickets: where the promise is kept.
        community: deadlines and hook.
    """

    def __init__(self, redis: RedisClient, tickets: TicketService, community: Community) -> None:
        self._cases = CaseBook(redis)
        self._tickets = tickets
        self._community = community
        self._posts: set[asyncio.Task[None]] = set()

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
        if self._community.notification_hook:
            post = asyncio.create_task(self._notify(case, due_at))
            self._posts.add(post)
            post.add_done_callback(self._posts.discard)

    async def close(self) -> None:
        """Give up on messages that are still being sent."""
        for post in self._posts:
            post.cancel()
        await asyncio.gather(*self._posts, return_exceptions=True)

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

    async def _notify(self, case: Case, due_at: str) -> None:
        """Post to the hook, with growing pauses; names and numbers stay inside."""
        message = {
            "event": "handoff.no_agent",
            "handoff_id": case.record.id,
            "ticket_number": case.record.ticket_number,
            "kind": case.record.kind,
            "level": case.record.level,
            "callback_due_at": due_at,
            "text": f"值班无人接听：工单 {case.record.ticket_number}，请立即登录坐席台处理",
        }
        timeout = aiohttp.ClientTimeout(total=_POST_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            for attempt in range(_ATTEMPTS):
                try:
                    async with session.post(
                        self._community.notification_hook, json=message
                    ) as answer:
                        if answer.status < 300:
                            return
                        logger.error("notification hook answered %s", answer.status)
                except (aiohttp.ClientError, TimeoutError) as error:
                    logger.error("notification hook: %s", type(error).__name__)
                await asyncio.sleep(_FIRST_RETRY_SECONDS * 2**attempt)
        logger.error("notification hook gave up on handoff %s", case.record.id)
