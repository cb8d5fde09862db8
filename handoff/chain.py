"""What has to happen next to a case, and when: pure decisions, no clock and no store inside.

Every answer either acts now or names the moment to look again, except for the states in which
somebody is talking or nobody is on the line; so no caller waits with nothing scheduled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from handoff.cases import UNANSWERED, WAITING, Case
from handoff.decisions import (
    Decision,
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
from handoff.phones import Phone
from handoff.queue import Agents, best, free_phone, wanted_now
from handoff.times import after, iso_after, parse
from zhiban.calls.calling_back import DIAL_SECONDS
from zhiban.community import EscalationStage
from zhiban.floor import BRIEFING_SECONDS
from zhiban.handoffs import HandoffReason, HandoffState

GATEWAY_GRACE_SECONDS = 3.0
"""The gateway reports a caller's hang-up itself; only if it died must the clock do it."""
ABSENT_SECONDS = 30.0
"""An agent away from the desk for so long no longer answers for what they began."""
ACKNOWLEDGE_SECONDS = 120.0
"""An emergency that nobody confirms goes to the next in the chain (EMG-061)."""
_LESSER_SECONDS = 600.0
_MOST_DOUBLINGS = 3
_LONGEST_REST_SECONDS = 60.0
_PHONE = "phone"
WHISPER_SECONDS = 40.0
"""Longest from a telephone's last ring to the pressed key, with a margin for the gateway."""

Phones = Callable[[EscalationStage, Sequence[EscalationStage]], Sequence[Phone]]


def nobodys_phones(_stage: EscalationStage, _chain: Sequence[EscalationStage]) -> Sequence[Phone]:
    """Return that nobody can be rung by telephone."""
    return ()


def decide(
    case: Case,
    agents: Agents,
    chain: Sequence[EscalationStage],
    now: datetime,
    *,
    join_seconds: float,
    pause_seconds: float,
    phones: Phones = nobodys_phones,
) -> Decision:
    """Return what to do about a case.

    Args:
        case: as stored.
        agents: everybody at a desk.
        chain: stages for the case's kind.
        now: the present moment, UTC.
        join_seconds: an agent who accepted must be heard on the line within this time.
        pause_seconds: rest between two rounds through the chain.
        phones: tells who can be rung by telephone at a stage; nobody while no line is up.
    """
    state = case.record.state
    if state is HandoffState.CALLER_LEFT:
        left = after(case.record.updated_at, GATEWAY_GRACE_SECONDS)
        if now >= left:
            return Move(HandoffState.CALLBACK_DUE, HandoffReason.CALLER_HUNG_UP)
        return Look(left)
    if state is HandoffState.RETURNED:
        # An open case would swallow the caller's next wish for a person.
        return Move(HandoffState.CLOSED, HandoffReason(case.record.reason))
    pending = state in UNANSWERED or state in (HandoffState.ACCEPTED, HandoffState.BRIEFING)
    if case.call_ended and pending:
        left = after(case.call_ended, GATEWAY_GRACE_SECONDS)
        if now >= left:
            return Move(HandoffState.CALLER_LEFT, HandoffReason.CALLER_HUNG_UP)
        return Look(left)
    if state is HandoffState.OFFERED:
        return _ringing(case, agents, chain, now)
    if state in (HandoffState.ACCEPTED, HandoffState.BRIEFING):
        briefing = BRIEFING_SECONDS if state is HandoffState.BRIEFING else 0.0
        deadline = after(case.record.updated_at, join_seconds + briefing)
        if now >= deadline:
            return Move(HandoffState.AGENT_LOST, HandoffReason.AGENT_GONE)
        return Look(deadline)
    if state in WAITING:
        return _seek(case, agents, chain, now, pause_seconds, phones)
    if state is HandoffState.CALLBACK_DUE:
        return _owed(case, agents, chain, now)
    if state is HandoffState.BRIDGED and case.call_ended:
        absent = _absent_from(case, agents, case.call_ended)
        if now >= absent:
            # The talk is over and nobody has said how it ended: somebody must ask.
            return Move(HandoffState.CALLER_LEFT, HandoffReason.AGENT_GONE)
        return Look(absent)
    return Look(None)


def _owed(case: Case, agents: Agents, chain: Sequence[EscalationStage], now: datetime) -> Decision:
    """Watch a due call-back: it must have a person, and that person must be there."""
    record = case.record
    if case.dialling is not None:
        lost = after(case.dialling.at, DIAL_SECONDS)
        return EndDial(case.dialling) if now >= lost else Look(lost)
    if record.agent_id:
        absent = _absent_from(case, agents, case.claimed_at or record.updated_at)
        return Release() if now >= absent else Look(absent)
    first = ACKNOWLEDGE_SECONDS if record.priority == 0 else _LESSER_SECONDS
    patience = first * 2.0 ** min(case.reminders, _MOST_DOUBLINGS)
    due = after(case.reminded_at or record.updated_at, patience)
    if now < due:
        return Look(due)
    stage = min(case.reminders + 1, len(chain) - 1)
    reason = HandoffReason.UNACKNOWLEDGED
    return Remind(StageStep(stage, chain[stage].role, chain[stage].label, reason))


def _absent_from(case: Case, agents: Agents, since: str) -> datetime:
    """Return the moment from which the case's agent does not answer for it any more."""
    agent = agents.present.get(case.record.agent_id)
    if agent is None or not agent.seen_at:
        return after(since, ABSENT_SECONDS)
    return max(parse(since), agent.gone_from()) + timedelta(seconds=ABSENT_SECONDS)


def _ringing(
    case: Case, agents: Agents, chain: Sequence[EscalationStage], now: datetime
) -> Decision:
    if case.leg:
        # The gateway says how it went; this is for one that cannot.
        longest = chain[min(case.record.stage, len(chain) - 1)].ring_seconds + WHISPER_SECONDS
        given_up = after(case.record.updated_at, longest)
        if now >= given_up:
            return Move(HandoffState.TIMED_OUT, HandoffReason.PHONE_LOST)
        return Look(given_up)
    if not case.record.offered_to:
        # Passed on to a role: nobody rings yet.
        return Move(HandoffState.BUSY, HandoffReason.TRANSFERRED)
    stage = chain[min(case.record.stage, len(chain) - 1)]
    deadline = after(case.record.updated_at, stage.ring_seconds)
    agent = agents.present.get(case.record.offered_to)
    if agent is None or not agent.is_here(now):
        return Move(HandoffState.AGENT_LOST, HandoffReason.AGENT_GONE)
    if now >= deadline:
        return Move(HandoffState.TIMED_OUT, HandoffReason.NO_ANSWER)
    return Look(min(deadline, agent.gone_from()))


def _seek(
    case: Case,
    agents: Agents,
    chain: Sequence[EscalationStage],
    now: datetime,
    pause_seconds: float,
    phones: Phones,
) -> Decision:
    wanted = wanted_now(case, agents, now)
    if wanted is not None:
        return Offer(wanted[0], case.record.stage, preempts=wanted[1])
    if case.rest_until:
        fresh = best(case, agents, _roles(chain), now)
        if fresh is not None:
            # Somebody came free or signed in meanwhile: do not make the caller wait for them.
            agent, preempts = fresh
            return Offer(agent, case.record.stage, preempts=preempts)
        if now >= parse(case.rest_until):
            return NewRound()
        return Look(parse(case.rest_until))
    stage = case.record.stage
    steps: list[StageStep] = []
    reason = _reason_to_leave(case)
    overdue = _overdue_stage(case, chain, now)
    if overdue > stage:
        stage, reason = overdue, HandoffReason.UNACKNOWLEDGED
        steps.append(StageStep(stage, chain[stage].role, chain[stage].label, reason))
    while stage < len(chain):
        # Somebody who has come to a desk meanwhile is sooner there than any telephone.
        found = best(case, agents, _roles(chain[: stage + 1]), now)
        if found is not None:
            return Offer(found[0], stage, tuple(steps), found[1])
        if chain[stage].role == _PHONE:
            listed = phones(chain[stage], chain)
            rung = free_phone(case, agents, listed, now)
            if rung is not None:
                return Dial(rung[0], stage, tuple(steps), rung[1])
            if not listed:
                reason = HandoffReason.PHONE_UNAVAILABLE
        stage += 1
        if stage < len(chain):
            steps.append(StageStep(stage, chain[stage].role, chain[stage].label, reason))
            reason = HandoffReason.NO_AGENT
    return Rest(
        round=case.record.round + 1,
        until=iso_after(now, _pause(case, agents, chain, now, pause_seconds, phones)),
        steps=tuple(steps),
    )


def _overdue_stage(case: Case, chain: Sequence[EscalationStage], now: datetime) -> int:
    """Return how far an emergency must have come: a stage for every two minutes (EMG-061)."""
    if case.record.priority > 0:
        return 0
    since = parse(case.sought_since or case.record.created_at)
    return min(int((now - since).total_seconds() // ACKNOWLEDGE_SECONDS), len(chain) - 1)


def _reason_to_leave(case: Case) -> HandoffReason:
    """Return why the present stage failed: how its last ring ended, or that nobody was there."""
    if case.tried and case.record.state is not HandoffState.REQUESTED:
        return HandoffReason(case.record.reason)
    return HandoffReason.NO_AGENT


def _roles(stages: Sequence[EscalationStage]) -> frozenset[str]:
    return frozenset(stage.role for stage in stages if stage.role != _PHONE)


def _pause(
    case: Case,
    agents: Agents,
    chain: Sequence[EscalationStage],
    now: datetime,
    pause_seconds: float,
    phones: Phones,
) -> float:
    """Return the rest before the next round, in seconds.

    With nobody there each further round waits longer, since whoever arrives is rung at once
    anyway; with somebody there who did not answer, or a telephone to ring in danger, the pause
    stays short.
    """
    roles = _roles(chain)
    rings = any(phones(stage, chain) for stage in chain if stage.role == _PHONE)
    if rings and case.record.priority == 0:
        return pause_seconds
    if any(agent.can_ring(now) and agent.role in roles for agent in agents.present.values()):
        return pause_seconds
    longer = pause_seconds * 2.0 ** min(case.record.round, 10)
    return min(max(longer, pause_seconds), max(_LONGEST_REST_SECONDS, pause_seconds))
