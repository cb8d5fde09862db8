"""The clock: sees to it that every open case is offered, rung on, and never forgotten.

It holds nothing in memory that matters: each pass reads the open cases and their stored times,
acts on what is due, and sleeps until the next deadline or the next change, whichever is first.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from handoff import keys
from handoff.cases import Case, CaseBook
from handoff.chain import nobodys_phones
from handoff.dispatch import ClockRules, Dispatcher
from handoff.last_resort import LastResort
from handoff.leader import LEASE_MS, Leadership
from handoff.presence import PresenceBook
from handoff.queue import Agents
from handoff.telephones import Telephones
from zhiban import redis_keys
from zhiban.calls.stores import CallStores
from zhiban.clock import iso_ms, utc_now
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.handoffs import CLOSED_STATES
from zhiban.redis_client import RedisClient
from zhiban.timeline import EventName

__all__ = ["ClockRules", "EscalationClock"]

logger = logging.getLogger(__name__)

_RETRY_SECONDS = 0.5
_REPAIR_SECONDS = 2.0
"""What a crash left is put right after this long: whoever moved a case settles it meanwhile."""
_RECOVER_SECONDS = 15.0
_RENEW_MS = LEASE_MS // 3


class EscalationClock:
    """Runs the escalation chains while this process leads.

    Attributes:
        next_looks: when each open case will be looked at again, by its id; None where only an
            event can change anything.
        leads: whether this process leads.

    Args:
        stores: where calls, handoffs and tickets are kept.
        presence: who is at a desk.
        last_resort: called when a whole chain was gone through in vain.
        rules: times to keep.
        now: tells the time, UTC.
        telephones: who can be rung by telephone; nobody by default.
    """

    def __init__(
        self,
        stores: CallStores,
        presence: PresenceBook,
        last_resort: LastResort,
        rules: ClockRules,
        now: Callable[[], datetime] = utc_now,
        telephones: Telephones | None = None,
    ) -> None:
        self._redis: RedisClient = stores.redis
        self._ledger = stores.ledger
        self._community = stores.community
        self._presence = presence
        self._now = now
        self._cases = CaseBook(stores.redis)
        self._leadership = Leadership(stores.redis)
        self._telephones = telephones
        phones = telephones.of_stage if telephones is not None else nobodys_phones
        self._dispatcher = Dispatcher(stores, presence, last_resort, rules, now, phones)
        self._repair_at = self._recover_at = datetime.min.replace(tzinfo=UTC)
        self.next_looks: dict[str, datetime | None] = {}
        self.leads = False

    async def run(self) -> None:
        """Lead or wait to lead, until cancelled; outages of the stores are waited out."""
        try:
            while True:
                try:
                    self.leads = await self._leadership.hold()
                    if self.leads:
                        await self._lead()
                    else:
                        await self._leadership.wait_for_vacancy()
                except (RedisError, SQLAlchemyError, OSError, ZhibanError) as error:
                    logger.error("clock: %s: %s; again at once", type(error).__name__, error)
                    await asyncio.sleep(_RETRY_SECONDS)
        finally:
            self.leads = False
            try:
                await self._leadership.step_down()
            except (RedisError, OSError):
                logger.info("clock: Redis is gone; the lease runs out by itself")

    async def _lead(self) -> None:
        """Follow the changes and act on them while the lease holds."""
        positions = {
            stream: await self._newest(stream)
            for stream in (redis_keys.HANDOFFS, keys.PRESENCE_CHANGES, redis_keys.TIMELINE)
        }
        await self.take_over()
        logger.info("escalation clock runs here")
        due = self._now()
        while await self._leadership.hold():
            if due <= self._now():
                due = await self.look()
            until_due = (due - self._now()) / timedelta(milliseconds=1)
            wait_ms = max(1, min(_RENEW_MS, round(until_due)))
            changed, ended = await self._changes(positions, wait_ms)
            if ended:
                await self.note_ended_calls(ended)
            if changed or ended:
                due = self._now()

    async def take_over(self) -> None:
        """Find out what happened while nobody led."""
        self._repair_at = self._recover_at = self._now()
        await self.note_ended_calls(None)

    async def _newest(self, stream: str) -> str:
        entries = await self._redis.xrevrange(stream, count=1)
        return str(entries[0][0]) if entries else "0-0"

    async def _changes(self, positions: dict[str, str], wait_ms: int) -> tuple[bool, set[str]]:
        """Wait for changes; return whether cases or agents changed, and calls that ended."""
        changed, ended = False, set()
        for stream, entries in await self._redis.xread(positions, block=wait_ms) or []:
            positions[stream] = entries[-1][0]
            if stream != redis_keys.TIMELINE:
                changed = True
                continue
            ended |= {f["call_id"] for _, f in entries if f["name"] == EventName.CALL_ENDED}
        return changed, ended

    async def note_ended_calls(self, ended: set[str] | None) -> None:
        """Mark open cases whose call is over; None: look each call up (after a restart)."""
        for case in await self._cases.open():
            if case.call_ended:
                continue
            call_id = case.record.call_id
            if call_id in ended if ended is not None else await self._has_ended(call_id):
                await self._cases.note(case, call_ended=iso_ms(self._now()))

    async def _has_ended(self, call_id: str) -> bool:
        newest = await self._redis.xrevrange(redis_keys.call_events(call_id), count=100)
        names = (fields["name"] for _, fields in newest)
        # A gateway that was taken for dead starts its calls again.
        bounds = (name for name in names if name in (EventName.CALL_ENDED, EventName.CALL_STARTED))
        return next(bounds, None) == EventName.CALL_ENDED

    async def look(self) -> datetime:
        """Act on every open case once; return when to look again at the latest."""
        await self._recover()
        known = await self._redis.scard(redis_keys.OPEN_HANDOFFS)
        listed = await self._cases.listed()
        looks = [self._recover_at, *await self._repair(listed)]
        self.next_looks = {}
        cases = [case for case in listed if case.record.state not in CLOSED_STATES]
        present = await self._presence.all()
        if cases and self._telephones is not None:
            await self._telephones.refresh()
        for position, case in enumerate(cases):
            agents = Agents.of(present, cases, self._now(), self._community.crew)
            try:
                again, cases[position] = await self._dispatcher.act(case, agents)
            except (RedisError, OSError):
                raise
            except Exception as error:
                # Whatever is wrong with one case, the other callers must still be served.
                again = self._now() + timedelta(seconds=_RETRY_SECONDS)
                conflict = getattr(error, "code", None) is ErrorCode.HANDOFF_CONFLICT
                if not conflict:  # a conflict only means that somebody moved it first
                    logger.exception("clock: case %s", case.record.id)
            self.next_looks[case.record.id] = again
            if again is not None:
                looks.append(again)
            if case.record.priority and await self._has_more_than(known):
                # Whoever has just asked, in danger perhaps, must not wait for all the others.
                return self._now()
        return min(looks)

    async def _has_more_than(self, known: int) -> bool:
        """Return whether there are more open cases; damaged ones count on both sides."""
        return bool(await self._redis.scard(redis_keys.OPEN_HANDOFFS) > known)

    async def _recover(self) -> None:
        """Look now and then for handoffs that reached only the database."""
        if self._now() < self._recover_at:
            return
        self._recover_at = self._now() + timedelta(seconds=_RECOVER_SECONDS)
        try:
            await self._ledger.recover()
        except SQLAlchemyError as error:
            logger.error("clock: the record does not answer: %s", type(error).__name__)
            self._recover_at = self._now() + timedelta(seconds=_REPAIR_SECONDS)

    async def _repair(self, listed: list[Case]) -> list[datetime]:
        """Write the rows and events that cases owe for a while already."""
        owing = [
            case.record.id
            for case in listed
            if not case.record.is_settled or case.record.state in CLOSED_STATES
        ]
        if not owing:
            self._repair_at = self._now() + timedelta(seconds=_REPAIR_SECONDS)
            return []
        if self._now() >= self._repair_at:
            for handoff_id in owing:
                await self._ledger.settle(handoff_id)
            self._repair_at = self._now() + timedelta(seconds=_REPAIR_SECONDS)
        return [self._repair_at]
