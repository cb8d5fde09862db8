"""The clock: sees to it that every open case is offered, rung on, and never forgotten.

It holds nothing in memory that matters: each pass reads the open cases and their stored times,
acts on what is due, and sleeps until the next deadline or the next change, whichever is first.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from handoff import keys
from handoff.cases import Case, CaseBook
from handoff.chain import Agents, Look, Move, NewRound, Offer, Rest, StageStep, decide
from handoff.last_resort import LastResort
from handoff.leader import LEASE_MS, Leadership
from handoff.presence import PresenceBook
from handoff.times import parse
from zhiban import redis_keys
from zhiban.clock import iso_ms, utc_now
from zhiban.community import Community
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.handoffs import HandoffLedger, HandoffReason, HandoffState
from zhiban.redis_client import RedisClient
from zhiban.timeline import EventName, Timeline

logger = logging.getLogger(__name__)

_RETRY_SECONDS = 0.5
_RENEW_MS = LEASE_MS // 3


@dataclass(frozen=True)
class ClockRules:
    """Times the clock keeps.

    Attributes:
        join_seconds: an agent who accepted must be heard on the line within this time.
        pause_seconds: rest between two rounds through the chain.
    """

    join_seconds: float = 8.0
    pause_seconds: float = 5.0


class EscalationClock:
    """Runs the escalation chains while this process leads.

    Args:
        redis: a client with ``decode_responses=True``.
        ledger: moves the handoffs.
        timeline: gets ``handoff.escalated``.
        presence: who is at a desk.
        community: the chains.
        last_resort: called when a whole chain was gone through in vain.
        rules: times to keep.
    """

    def __init__(
        self,
        redis: RedisClient,
        ledger: HandoffLedger,
        timeline: Timeline,
        presence: PresenceBook,
        community: Community,
        last_resort: LastResort,
        rules: ClockRules,
    ) -> None:
        self._redis = redis
        self._ledger = ledger
        self._timeline = timeline
        self._presence = presence
        self._community = community
        self._last_resort = last_resort
        self._rules = rules
        self._cases = CaseBook(redis)
        self._leadership = Leadership(redis)
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
        await self._note_ended_calls(None)
        logger.info("escalation clock runs here")
        due: datetime | None = utc_now()
        while await self._leadership.hold():
            if due is not None and due <= utc_now():
                due = await self._pass()
            wait_ms = _RENEW_MS
            if due is not None:
                until_due = (due - utc_now()) / timedelta(milliseconds=1)
                wait_ms = max(1, min(_RENEW_MS, round(until_due)))
            changed, ended = await self._changes(positions, wait_ms)
            if ended:
                await self._note_ended_calls(ended)
            if changed or ended:
                due = utc_now()

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

    async def _note_ended_calls(self, ended: set[str] | None) -> None:
        """Mark open cases whose call is over; None: look each call up (after a restart)."""
        for case in await self._cases.open():
            if case.call_ended:
                continue
            call_id = case.record.call_id
            if call_id in ended if ended is not None else await self._has_ended(call_id):
                await self._cases.note(case, call_ended=iso_ms(utc_now()))

    async def _has_ended(self, call_id: str) -> bool:
        newest = await self._redis.xrevrange(redis_keys.call_events(call_id), count=100)
        return any(fields["name"] == EventName.CALL_ENDED for _, fields in newest)

    async def _pass(self) -> datetime | None:
        """Act on every open case once; return when to look again."""
        cases = await self._cases.open()
        present = await self._presence.all()
        looks: list[datetime] = []
        for position, case in enumerate(cases):
            agents = Agents.of(present, cases, utc_now())
            try:
                again, cases[position] = await self._act(case, agents)
            except (RedisError, SQLAlchemyError, OSError):
                raise
            except Exception as error:
                # Whatever is wrong with one case, the other callers must still be served.
                again = utc_now() + timedelta(seconds=_RETRY_SECONDS)
                conflict = getattr(error, "code", None) is ErrorCode.HANDOFF_CONFLICT
                if not conflict:  # a conflict only means that somebody moved it first
                    logger.exception("clock: case %s", case.record.id)
            if again is not None:
                looks.append(again)
        return min(looks, default=None)

    async def _act(self, case: Case, agents: Agents) -> tuple[datetime | None, Case]:
        """Carry out what is due; return when to look again and the case as it then stands."""
        record = case.record
        now = utc_now()
        decision = decide(
            case,
            agents,
            self._community.chain_for(record.kind),
            now,
            join_seconds=self._rules.join_seconds,
            pause_seconds=self._rules.pause_seconds,
        )
        match decision:
            case Look(at=at):
                if record.state is HandoffState.BRIDGED and case.tried:
                    # Should this agent be lost, everybody may be asked again.
                    await self._cases.note(case, tried="", stage=0, rest_until="")
                return at, case
            case Move(state=state, reason=reason):
                moved = await self._ledger.move(record.id, record.state, state, reason, by="desk")
                if record.state is HandoffState.OFFERED and record.offered_to in agents.present:
                    await self._presence.became_free(record.offered_to)
                return now, replace(case, record=moved)
            case Offer():
                return await self._offer(case, decision)
            case NewRound():
                await self._cases.note(case, stage=0, tried="", rest_until="")
                return now, replace(case, record=replace(record, stage=0), tried=(), rest_until="")
            case Rest():
                return await self._rest(case, decision)

    async def _offer(self, case: Case, offer: Offer) -> tuple[datetime | None, Case]:
        record = case.record
        if offer.preempts:
            await self._ledger.move(
                offer.preempts,
                HandoffState.OFFERED,
                HandoffState.BUSY,
                HandoffReason.AGENT_BUSY,
                by="desk",
                data={"for_handoff": record.id},
            )
        await self._escalate(case, offer.steps)
        tried = (*case.tried, offer.agent.agent_id)
        moved = await self._ledger.move(
            record.id,
            record.state,
            HandoffState.OFFERED,
            HandoffReason.RING,
            by="desk",
            changes={
                "offered_to": offer.agent.agent_id,
                "agent_name": offer.agent.name,
                "stage": offer.stage,
                "tried": ",".join(tried),
            },
        )
        return utc_now(), replace(case, record=moved, tried=tried)

    async def _rest(self, case: Case, rest: Rest) -> tuple[datetime | None, Case]:
        record = case.record
        if not await self._cases.note(case, rest_until=rest.until, round=rest.round):
            return utc_now(), case
        case = replace(case, record=replace(record, round=rest.round), rest_until=rest.until)
        first = self._community.chain_for(record.kind)[0]
        again = StageStep(0, first.role, first.label, HandoffReason.NO_AGENT)
        await self._escalate(case, (*rest.steps, again))
        await self._last_resort.nobody_found(case)
        return parse(rest.until), case

    async def _escalate(self, case: Case, steps: tuple[StageStep, ...]) -> None:
        """Write where the chain has come to: stored case first, then one event.

        Stages nobody could be rung at are in ``passed``: the caller is told once, not once for
        each of them.
        """
        if not steps:
            return
        reached = steps[-1]
        await self._cases.note(case, stage=reached.stage)
        await self._timeline.append(
            case.record.call_id,
            EventName.HANDOFF_ESCALATED,
            {
                "handoff_id": case.record.id,
                "ticket_number": case.record.ticket_number,
                **reached.to_dict(),
                "round": case.record.round,
                "passed": [step.to_dict() for step in steps[:-1]],
            },
        )
