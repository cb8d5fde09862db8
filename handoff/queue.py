"""Whom to ring: who is at a desk, free, skilled, and idle the longest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from handoff.cases import TALKING, Case
from handoff.phones import Phone
from handoff.presence import Presence, Status
from handoff.times import after
from zhiban.community import Crew
from zhiban.handoffs import HandoffState


@dataclass(frozen=True)
class Agents:
    """Everybody at a desk, and who is taken.

    Attributes:
        ringing: agent id to the case they are being rung for.
        talking: agent id to the number of calls they are in.
        wrapping: ids of agents whose caller has left but whose notes are not finished.
        crew: what each of them can do.
    """

    present: Mapping[str, Presence]
    ringing: Mapping[str, Case]
    talking: Mapping[str, int]
    wrapping: frozenset[str]
    crew: Crew

    @classmethod
    def of(
        cls,
        present: Mapping[str, Presence],
        cases: Sequence[Case],
        now: datetime,
        crew: Crew | None = None,
    ) -> Agents:
        """Work out who is taken from the open cases at this moment."""
        ringing = {
            case.record.offered_to: case
            for case in cases
            if case.record.state is HandoffState.OFFERED
        }
        crew = crew or Crew()
        talking: Counter[str] = Counter()
        wrapping: set[str] = set()
        for case in cases:
            record = case.record
            if record.state in TALKING and not case.call_ended:
                talking.update({record.agent_id, *case.floor.people()})
            elif record.state in TALKING or record.state is HandoffState.CALLBACK_DUE:
                since = case.call_ended or record.updated_at
                if now < after(since, crew.skills_of(record.agent_id).wrap_up_seconds):
                    wrapping.add(record.agent_id)
        return cls(present, ringing, talking, frozenset(wrapping - set(talking)), crew)

    def is_full(self, agent_id: str) -> bool:
        """Return whether the agent is in as many calls as they take."""
        return self.talking.get(agent_id, 0) >= self.crew.skills_of(agent_id).capacity


def wanted_now(case: Case, agents: Agents, now: datetime) -> tuple[Presence, str] | None:
    """Return whom the agent who passed the caller on asked for, if they can be rung."""
    found = None
    if case.wanted_agent:
        found = _ablest(case, agents, lambda agent: agent.agent_id == case.wanted_agent, now)
    if found is None and case.wanted_role:
        found = _ablest(case, agents, lambda agent: agent.role == case.wanted_role, now)
    return found


def best(
    case: Case, agents: Agents, roles: frozenset[str], now: datetime
) -> tuple[Presence, str] | None:
    """Return whom of these roles to ring, and the less urgent handoff that has to give way.

    Skills decide who is rung first. A request waits one round for somebody who has them; nobody
    in danger waits for that.
    """
    choosy = case.record.priority > 0 and case.record.round == 0

    def suits(agent: Presence) -> bool:
        return agent.role in roles and (not choosy or _is_skilled(case, agent, agents))

    return _ablest(case, agents, suits, now)


def free_phone(
    case: Case, agents: Agents, phones: Sequence[Phone], now: datetime
) -> tuple[Phone, str] | None:
    """Return whose telephone to ring next, and the less urgent handoff that has to give way."""
    for phone in phones:
        if phone.mark in case.tried or agents.is_full(phone.agent_id):
            continue
        if case.record.priority > 0 and _wants_peace(agents.present.get(phone.agent_id), now):
            continue
        other = agents.ringing.get(phone.agent_id)
        if other is None:
            return phone, ""
        if other.record.priority > case.record.priority:
            return phone, other.record.id
    return None


def _wants_peace(agent: Presence | None, now: datetime) -> bool:
    return agent is not None and agent.is_here(now) and agent.status is Status.DND


def _is_skilled(case: Case, agent: Presence, agents: Agents) -> bool:
    language = str(case.record.card.get("language") or "")
    return agents.crew.skills_of(agent.agent_id).suit(case.record.kind, language)


def _ablest(
    case: Case, agents: Agents, suits: Callable[[Presence], bool], now: datetime
) -> tuple[Presence, str] | None:
    able = [
        agent
        for agent in agents.present.values()
        if suits(agent)
        and agent.agent_id not in case.tried
        and not agents.is_full(agent.agent_id)
        and (case.record.priority == 0 or agent.agent_id not in agents.wrapping)
        and agent.can_ring(now)
    ]

    skilled = {agent.agent_id for agent in able if _is_skilled(case, agent, agents)}

    def rank(agent: Presence) -> tuple[bool, bool, bool, str]:
        lost = case.record.state is HandoffState.AGENT_LOST
        was_theirs = lost and agent.agent_id == case.record.agent_id
        return (
            not was_theirs,
            agent.agent_id not in skilled,
            agent.agent_id in agents.wrapping,
            agent.idle_since,
        )

    free = [agent for agent in able if agent.agent_id not in agents.ringing]
    if free:
        return min(free, key=rank), ""
    for agent in sorted(able, key=rank):
        other = agents.ringing[agent.agent_id]
        if other.record.priority > case.record.priority:
            return agent, other.record.id
    return None
