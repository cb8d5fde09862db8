"""Looks after the reminders while this process runs the clock, and tells the pages of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from handoff import keys
from handoff.accounts import Role, User
from handoff.cases import Case, CaseBook
from handoff.desk import DeskStores
from handoff.feed import Subscriber
from handoff.reminders import Reminder, ReminderBook, reminder_id
from handoff.sop import Timer
from handoff.times import after, parse
from zhiban import redis_keys
from zhiban.clock import iso_ms, utc_now
from zhiban.emergencies import EMERGENCY_LABELS
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.tickets import Status
from zhiban.timeline import EventName

logger = logging.getLogger(__name__)

_LONGEST_NOTE = 500
_DOUBLE_PRESS_SECONDS = 3.0
"""A second press within this time is meant for the same occasion."""
_LOOK_SECONDS = 5.0
_RETRY_SECONDS = 0.5
_FINISHED = (Status.DONE, Status.CLOSED, Status.WITHDRAWN)
_SEES_ALL = (Role.LEADER, Role.MANAGER, Role.ADMIN)


class Timekeeper:
    """The life of reminders: set, due, done, over.

    Args:
        stores: cases, tickets and cards.
        leads: whether this process is the one that runs the clock.
    """

    def __init__(self, stores: DeskStores, leads: Callable[[], bool]) -> None:
        self._stores = stores
        self._leads = leads
        self._book = ReminderBook(stores.engine)
        self._cases = CaseBook(stores.redis)
        self._pages: dict[Subscriber, User] = {}
        self._shown: list[Reminder] = []
        self._last: dict[Subscriber, list[dict[str, Any]]] = {}

    async def run(self) -> None:
        """Look and tell until cancelled; outages of the stores are waited out."""
        while True:
            try:
                await self._follow()
            except (RedisError, SQLAlchemyError, OSError, ZhibanError) as error:
                logger.error("reminders: %s; reading again", type(error).__name__)
                await asyncio.sleep(_RETRY_SECONDS)

    async def look(self) -> None:
        """Set what is missing, end what is over, tell what is due; harmless to repeat."""
        cases = await self._cases.open()
        for case in cases:
            if case.record.kind in EMERGENCY_LABELS:
                await self._set(case)
        kinds = {case.record.ticket_number: case.record.kind for case in cases}
        for reminder in await self._book.open():
            if await self._is_over(reminder, kinds.get(reminder.ticket_number, reminder.kind)):
                if await self._book.end(reminder):
                    await self._announce(reminder)
            elif reminder.is_due and await self._book.told(reminder):
                await self._stores.timeline.append(
                    reminder.call_id, EventName.REMINDER_DUE, _event(reminder)
                )
                await self._announce(reminder)

    async def done(self, reminder_id: str, user: User, note: str) -> None:
        """Mark a reminder done by a person; the next time is set from now.

        Raises:
            ZhibanError: BAD_MESSAGE for an unknown one, HANDOFF_CONFLICT when it was just done.
        """
        reminder = await self._book.get(reminder_id)
        note = note[:_LONGEST_NOTE]
        timer = self._timer(reminder)
        just_done = bool(reminder.done) and utc_now() < after(
            str(reminder.done[-1]["at"]), _DOUBLE_PRESS_SECONDS
        )
        if just_done or not await self._book.done(reminder, user.id, user.name, note, timer):
            raise ZhibanError("这条提醒刚刚已经完成", code=ErrorCode.HANDOFF_CONFLICT)
        line = {"at": iso_ms(utc_now()), "by": user.id, "name": user.name, "note": note}

        def keep(ticket: Mapping[str, Any]) -> Mapping[str, Any]:
            details = ticket["details"]
            told = [*details.get("feedback", ()), {**line, "key": reminder.key}]
            return {"details": {**details, "feedback": told}}

        await self._stores.tickets.amend(
            reminder.ticket_number, keep, by=user.id, what=f"已反馈：{reminder.label}"
        )
        await self._stores.timeline.append(
            reminder.call_id, EventName.REMINDER_DONE, _event(reminder) | line
        )
        await self._announce(reminder)

    def arrive(self, subscriber: Subscriber, user: User) -> None:
        """Tell a page at once, and from now on."""
        self._pages[subscriber] = user
        self._tell(subscriber, user)

    def leave(self, subscriber: Subscriber) -> None:
        """Tell a page no more."""
        self._pages.pop(subscriber, None)
        self._last.pop(subscriber, None)

    async def _follow(self) -> None:
        redis = self._stores.redis
        streams = (keys.REMINDER_CHANGES, redis_keys.HANDOFFS)
        positions = {}
        for stream in streams:
            newest = await redis.xrevrange(stream, count=1)
            positions[stream] = newest[0][0] if newest else "0-0"
        while True:
            if self._leads():
                await self.look()
            self._shown = await self._book.open()
            for subscriber, user in list(self._pages.items()):
                self._tell(subscriber, user)
            for stream, entries in await redis.xread(positions, block=self._wait_ms()) or []:
                positions[stream] = entries[-1][0]

    def _wait_ms(self) -> int:
        """Return how long until the next reminder falls due, or somebody may have ended one."""
        pending = [r for r in self._shown if not r.is_due]
        if not pending:
            return round(_LOOK_SECONDS * 1000)
        seconds = (parse(pending[0].due_at) - utc_now()).total_seconds()
        return max(1, round(min(_LOOK_SECONDS, max(0.0, seconds)) * 1000))

    async def _set(self, case: Case) -> None:
        record = case.record
        timers = self._stores.sop.card(record.kind).reminders
        known = await self._book.known([record.ticket_number]) if timers else set()
        for timer in timers:
            if reminder_id(record.ticket_number, timer.key) not in known:
                await self._book.set(record, timer)

    async def _is_over(self, reminder: Reminder, kind: str) -> bool:
        timer = self._timer(reminder)
        if timer is None or kind != reminder.kind:
            return True
        try:
            ticket = await self._stores.tickets.get(reminder.ticket_number)
        except ZhibanError:
            return True
        details = ticket["details"]
        return (
            ticket["status"] in _FINISHED
            or (timer.until == "outcome" and bool(details.get("outcomes")))
            or timer.until in (details.get("sop") or {})
        )

    def _timer(self, reminder: Reminder) -> Timer | None:
        timers = self._stores.sop.card(reminder.kind).reminders
        return next((timer for timer in timers if timer.key == reminder.key), None)

    def _tell(self, subscriber: Subscriber, user: User) -> None:
        views = [
            reminder.view()
            for reminder in self._shown
            if user.role in _SEES_ALL or reminder.owner in ("", user.id)
        ]
        if self._last.get(subscriber) != views:
            self._last[subscriber] = views
            subscriber.put({"type": "reminders", "reminders": views})

    async def _announce(self, reminder: Reminder) -> None:
        await self._stores.redis.xadd(
            keys.REMINDER_CHANGES, {"id": reminder.id}, maxlen=1_000, approximate=True
        )


def _event(reminder: Reminder) -> dict[str, Any]:
    return {
        "reminder_id": reminder.id,
        "handoff_id": reminder.handoff_id,
        "ticket_number": reminder.ticket_number,
        "kind": reminder.kind,
        "key": reminder.key,
        "label": reminder.label,
        "due_at": reminder.due_at,
    }
