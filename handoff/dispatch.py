"""Carries out what is decided about a case: rings, moves on, rests, reminds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from handoff.cases import Case, CaseBook
from handoff.chain import Phones, decide, nobodys_phones
from handoff.decisions import (
    Dial,
    EndDial,
    Look,
    Move,
    NewRound,
    Offer,
    Release,
    Remind,
    Rest,
    StageStep,
)
from handoff.last_resort import LastResort
from handoff.phones import masked
from handoff.presence import PresenceBook
from handoff.queue import Agents
from handoff.times import parse
from zhiban.calls.calling_back import CallbackOutcome, end
from zhiban.calls.release import release_handoff
from zhiban.calls.stores import CallStores
from zhiban.clock import iso_ms
from zhiban.dialling.order import new_leg_id
from zhiban.handoffs import HandoffReason, HandoffRecord, HandoffState, Owed
from zhiban.timeline import EventName


@dataclass(frozen=True)
class ClockRules:
    """Times the clock keeps.

    Attributes:
        join_seconds: an agent who accepted must be heard on the line within this time.
        pause_seconds: rest between two rounds through the chain.
    """

    join_seconds: float = 8.0
    pause_seconds: float = 5.0


class Dispatcher:
    """Acts on decisions; each change is made only if the case is still as it was read.

    Args:
        stores: where calls, handoffs and tickets are kept.
        presence: who is at a desk.
        last_resort: called when a whole chain was gone through in vain.
        rules: times to keep.
        now: tells the time, UTC.
        phones: tells who can be rung by telephone at a stage.
    """

    def __init__(
        self,
        stores: CallStores,
        presence: PresenceBook,
        last_resort: LastResort,
        rules: ClockRules,
        now: Callable[[], datetime],
        phones: Phones = nobodys_phones,
    ) -> None:
        self._stores = stores
        self._ledger = stores.ledger
        self._community = stores.community
        self._presence = presence
        self._last_resort = last_resort
        self._rules = rules
        self._now = now
        self._phones = phones
        self._cases = CaseBook(stores.redis)

    async def act(self, case: Case, agents: Agents) -> tuple[datetime | None, Case]:
        """Carry out what is due; return when to look again and the case as it then stands."""
        record = case.record
        now = self._now()
        decision = decide(
            case,
            agents,
            self._community.chain_for(record.kind, record.level),
            now,
            join_seconds=self._rules.join_seconds,
            pause_seconds=self._rules.pause_seconds,
            phones=self._phones,
        )
        match decision:
            case Look(at=at):
                if record.state is HandoffState.BRIDGED and case.tried:
                    # Should this agent be lost, everybody may be asked again.
                    await self._cases.note(case, tried="", stage=0, rest_until="")
                return at, case
            case Move(state=HandoffState.CALLBACK_DUE, reason=reason):
                released = await release_handoff(self._stores, record.id, reason)
                return now, replace(case, record=released)
            case Move(state=state, reason=reason):
                moved = await self._ledger.move(
                    record.id, record.state, state, reason, by="desk", rev=record.rev
                )
                if record.state is HandoffState.OFFERED and record.offered_to in agents.present:
                    await self._presence.became_free(record.offered_to)
                return now, replace(case, record=moved)
            case Offer():
                return await self._offer(case, decision)
            case Dial():
                return await self._dial(case, decision)
            case NewRound():
                await self._cases.note(case, stage=0, tried="", rest_until="")
                return now, replace(case, record=replace(record, stage=0), tried=(), rest_until="")
            case Rest():
                return await self._rest(case, decision)
            case Release():
                reason = HandoffReason.AGENT_GONE
                released = await self._ledger.release(record.id, record.agent_id, reason, by="desk")
                return now, replace(case, record=released)
            case EndDial(dialled=dialled):
                await end(self._stores, record.id, dialled, CallbackOutcome.LOST)
                return now, replace(case, dialling=None)
            case Remind(step=step):
                return await self._remind(case, step)

    async def _preempt(self, other_id: str, record: HandoffRecord) -> None:
        if other_id:
            await self._ledger.move(
                other_id,
                HandoffState.OFFERED,
                HandoffState.BUSY,
                HandoffReason.AGENT_BUSY,
                by="desk",
                data={"for_handoff": record.id},
            )

    async def _dial(self, case: Case, dial: Dial) -> tuple[datetime | None, Case]:
        """Note that a telephone is to be rung; the gateway that holds the call rings it."""
        record, phone = case.record, dial.phone
        await self._preempt(dial.preempts, record)
        tried = (*case.tried, phone.mark)
        leg = new_leg_id()
        moved = await self._ledger.move(
            record.id,
            record.state,
            HandoffState.OFFERED,
            HandoffReason.RING,
            by="desk",
            changes={
                "offered_to": phone.agent_id,
                "agent_name": phone.name,
                "stage": dial.stage,
                "tried": ",".join(tried),
                "leg": leg,
                "leg_to": phone.to,
            },
            data={"leg": leg, "phone": masked(phone.to)},
            rev=record.rev,
            first=_escalated(dial.steps, record.round),
        )
        return self._now(), replace(case, record=moved, tried=tried, leg=leg)

    async def _offer(self, case: Case, offer: Offer) -> tuple[datetime | None, Case]:
        record = case.record
        await self._preempt(offer.preempts, record)
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
            rev=record.rev,
            first=_escalated(offer.steps, record.round),
        )
        return self._now(), replace(case, record=moved, tried=tried, leg="")

    async def _rest(self, case: Case, rest: Rest) -> tuple[datetime | None, Case]:
        record = case.record
        first = self._community.chain_for(record.kind, record.level)[0]
        again = StageStep(0, first.role, first.label, HandoffReason.NO_AGENT)
        noted = await self._ledger.note(
            record,
            {"rest_until": rest.until, "round": rest.round, "stage": 0},
            _escalated((*rest.steps, again), rest.round),
        )
        case = replace(case, record=noted, rest_until=rest.until)
        await self._last_resort.nobody_found(case)
        return parse(rest.until), case

    async def _remind(self, case: Case, step: StageStep) -> tuple[datetime | None, Case]:
        now = iso_ms(self._now())
        noted = await self._ledger.note(
            case.record,
            {"reminders": case.reminders + 1, "reminded_at": now, "stage": step.stage},
            _escalated((step,), case.record.round),
        )
        case = replace(case, record=noted, reminders=case.reminders + 1, reminded_at=now)
        self._last_resort.nobody_confirmed(case)
        return self._now(), case


def _escalated(steps: tuple[StageStep, ...], rounds: int) -> Owed:
    """Return the event of where the chain has come to.

    Stages nobody could be rung at are in ``passed``: the caller is told once, not once for
    each of them.
    """
    if not steps:
        return ()
    told = {
        **steps[-1].to_dict(),
        "round": rounds,
        "passed": [step.to_dict() for step in steps[:-1]],
    }
    return ((EventName.HANDOFF_ESCALATED, told),)
