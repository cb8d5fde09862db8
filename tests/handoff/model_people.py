"""What people at the desks do."""

from __future__ import annotations

import asyncio

from hypothesis import strategies as st
from hypothesis.stateful import (
    precondition,
    rule,
)

from handoff.cases import WAITING, Case
from handoff.desk import TakenError
from handoff.outcomes import OUTCOMES
from handoff.presence import Status
from handoff.words import DECLINE_REASONS
from tests.handoff.model_base import (
    ModelBase,
    agents,
    one_at,
    picks,
    user_of,
)
from tests.handoff.model_world import Process, ProcessKilledError
from zhiban.handoffs import (
    HandoffState,
)


class PeopleRules(ModelBase):
    """Agents come, go, press and talk."""

    @rule(agent=agents)
    def arrives(self, agent: str) -> None:
        self.run(self.by_desk(lambda _: self._arrive(agent)))

    @precondition(lambda self: self.told.sitting)
    @rule(pick=picks)
    def closes_the_tab(self, pick: int) -> None:
        agent = one_at(sorted(self.told.sitting), pick)
        self.told.sitting.discard(agent)
        self.run(self.by_desk(lambda p: p.presence.leave(agent)))

    @precondition(lambda self: self.told.sitting)
    @rule(pick=picks)
    def falls_silent(self, pick: int) -> None:
        """The desk process that held the socket is gone: nobody says goodbye."""
        self.told.sitting.discard(one_at(sorted(self.told.sitting), pick))

    @precondition(lambda self: self.told.sitting)
    @rule(pick=picks, status=st.sampled_from(Status))
    def chooses(self, pick: int, status: Status) -> None:
        agent = one_at(sorted(self.told.sitting), pick)
        self.run(self.by_desk(lambda p: p.presence.choose(agent, status)))

    @rule(pick=picks, agent=agents, other=agents)
    def two_press_answer(self, pick: int, agent: str, other: str) -> None:
        async def press(process: Process) -> None:
            case = await self._one_of(process, pick, *WAITING, HandoffState.OFFERED)
            if case is None:
                return
            people = sorted({agent, other})
            answers = await asyncio.gather(
                *[process.desk.accept(case.record.id, user_of(who)) for who in people],
                return_exceptions=True,
            )
            if any(isinstance(answer, ProcessKilledError) for answer in answers):
                raise ProcessKilledError
            won = [who for who, a in zip(people, answers, strict=True) if isinstance(a, Case)]
            lost = [answer for answer in answers if not isinstance(answer, Case)]
            assert all(isinstance(answer, TakenError) for answer in lost), lost
            assert len(won) == 1, (won, lost)
            assert (await process.stores.ledger.get(case.record.id)).agent_id == won[0]
            assert [answer.by for answer in lost] == won[: len(lost)]

        self.run(self.by_desk(press))

    @rule(pick=picks, agent=agents, dies_after=st.none() | st.integers(0, 25))
    def answers(self, pick: int, agent: str, dies_after: int | None = None) -> None:
        async def press(process: Process) -> None:
            case = await self._one_of(process, pick, *WAITING, HandoffState.OFFERED)
            if case is not None:
                with process.fuse.burning(dies_after):
                    await process.desk.accept(case.record.id, user_of(agent))

        self.run(self.by_desk(press))

    @rule(pick=picks, reason=st.sampled_from(sorted(DECLINE_REASONS)))
    def declines(self, pick: int, reason: str) -> None:
        async def press(process: Process) -> None:
            case = await self._one_of(process, pick, HandoffState.OFFERED)
            if case is not None and case.record.offered_to:
                user = user_of(case.record.offered_to)
                await process.desk.decline(case.record.id, user, reason)

        self.run(self.by_desk(press))

    @rule(pick=picks, agent=agents, role=st.sampled_from(["", "leader", "manager"]))
    def passes_on(self, pick: int, agent: str, role: str) -> None:
        async def press(process: Process) -> None:
            case = await self._one_of(process, pick, HandoffState.BRIDGED)
            if case is not None and not case.call_ended and case.record.agent_id != agent:
                await process.stores.ledger.transfer(
                    case.record.id,
                    case.record.agent_id,
                    wanted_agent="" if role else agent,
                    wanted_role=role,
                )
                self.told.lines[case.record.call_id].voices.clear()

        self.run(self.by_desk(press))

    @rule(pick=picks, agent=agents)
    def completes_a_consultation(self, pick: int, agent: str) -> None:
        async def press(process: Process) -> None:
            case = await self._one_of(process, pick, HandoffState.BRIDGED)
            if case is not None and not case.call_ended and case.record.agent_id != agent:
                owner = case.record.agent_id
                self.told.lines[case.record.call_id].voices.add(agent)
                await process.stores.ledger.reassign(case.record.id, owner, agent, by=owner)

        self.run(self.by_desk(press))

    @rule(pick=picks)
    def gives_back_to_the_bot(self, pick: int) -> None:
        async def press(process: Process) -> None:
            case = await self._one_of(process, pick, HandoffState.BRIDGED)
            if case is not None and not case.call_ended:
                await process.desk.return_to_bot(case.record.id, user_of(case.record.agent_id))

        self.run(self.by_desk(press))

    @rule(pick=picks, agent=agents)
    def claims_a_call_back(self, pick: int, agent: str) -> None:
        async def press(process: Process) -> None:
            case = await self._one_of(process, pick, HandoffState.CALLBACK_DUE)
            if case is not None:
                await process.desk.claim(case.record.id, user_of(agent))

        self.run(self.by_desk(press))

    @rule(pick=picks, outcome=st.sampled_from(sorted(OUTCOMES)))
    def disposes(self, pick: int, outcome: str) -> None:
        async def press(process: Process) -> None:
            case = await self._one_of(
                process, pick, HandoffState.BRIDGED, HandoffState.CALLBACK_DUE
            )
            if case is not None and case.record.agent_id:
                if not case.call_ended:
                    await self.by_gateway(lambda p: self._end(p, case.record.call_id))
                user = user_of(case.record.agent_id)
                await process.casework.dispose(case.record.id, user, outcome, "")

        self.run(self.by_desk(press))
