"""The state machine of a handoff under random people, deaths of processes and clocks.

Ledger, presence, desk, casework and the clock's pass are the real ones, over a real Redis and a
real SQLite; only time is turned by hand. After every step nothing may wait with nothing
scheduled; at the end one diligent agent must be able to bring every caller to an end.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, currently_in_test_context, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy.exc import SQLAlchemyError

from bot.language.emergency import EmergencySpotter
from handoff.accounts import Role, User
from handoff.cases import TALKING, WAITING, Case
from handoff.desk import TakenError
from handoff.outcomes import OUTCOMES
from handoff.presence import Status
from handoff.sop import load_sop
from handoff.times import after, parse
from handoff.words import DECLINE_REASONS
from tests.handoff.model_world import NODE, RULES, House, Process, ProcessKilledError, stored
from tests.support.stores import redis_server
from zhiban import redis_keys
from zhiban.calls.release import release_handoff
from zhiban.calls.report import emergency_key
from zhiban.community import load_community
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.handoffs import (
    CLOSED_STATES,
    HandoffReason,
    HandoffRecord,
    HandoffState,
    is_legal,
)
from zhiban.settings import ROOT
from zhiban.store.migrate import migrate
from zhiban.tickets import Category, TicketDraft, Urgency
from zhiban.timeline import EventName, TimelineEvent

EXAMPLES = int(os.environ.get("ZHIBAN_MODEL_EXAMPLES", "12"))
STEPS = int(os.environ.get("ZHIBAN_MODEL_STEPS", "40"))
PEOPLE = {
    "a1": Role.AGENT,
    "a2": Role.AGENT,
    "boss": Role.LEADER,
    "admin": Role.ADMIN,
}
MOVED = (ErrorCode.HANDOFF_CONFLICT, ErrorCode.ACCESS_DENIED, ErrorCode.HANDOFF_ILLEGAL)
_EPSILON = timedelta(milliseconds=2)
_BRIEFING_SECONDS = 30.0

agents = st.sampled_from([name for name, role in PEOPLE.items() if role is not Role.ADMIN])
picks = st.integers(0, 7)


@dataclass
class Line:
    """A caller's line, as the gateway holds it."""

    call_id: str
    emergency: bool
    up: bool = True
    owed: bool = False
    stored: bool = False
    voices: set[str] = field(default_factory=set)


@dataclass
class Told:
    """What the model knows happened."""

    lines: dict[str, Line] = field(default_factory=dict)
    sitting: set[str] = field(default_factory=set)
    gateway_up: bool = True
    clock_up: bool = True


class HandoffModel(RuleBasedStateMachine):
    """Random people, deaths and time over the real ledger, desk and clock."""

    house_for: Callable[[], House]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.house = type(self).house_for()
        self.told = Told()
        self.gateway = self.desk = self.clock = None  # type: ignore[assignment]
        self.gateway: Process
        self.desk: Process
        self.clock: Process
        self.eye: Process
        self.run(self._open())

    def run(self, work: Awaitable[Any]) -> Any:
        async def whole() -> Any:
            return await work

        return self.runner.run(whole())

    async def _open(self) -> None:
        self.gateway, self.desk = self.house.start(), self.house.start()
        self.clock, self.eye = self.house.start(), self.house.start()
        await self.eye.redis.flushall()
        await self.clock.clock.take_over()

    # --- doing things in processes that may die -------------------------------------------

    async def by_desk(self, work: Callable[[Process], Awaitable[Any]]) -> Any:
        """Do something in the desk process; a dead desk is replaced, and its sockets come back."""
        try:
            return await self._tolerant(work, self.desk)
        except ProcessKilledError:
            _tell("  the desk died")
            await self.desk.close()
            self.desk = self.house.start()
            for agent in sorted(self.told.sitting):
                await self._arrive(agent)

    async def by_gateway(self, work: Callable[[Process], Awaitable[Any]]) -> Any:
        """Do something in the gateway; if it dies every line is lost with it."""
        try:
            return await self._tolerant(work, self.gateway)
        except ProcessKilledError:
            await self._gateway_dies()

    async def _tolerant(self, work: Callable[[Process], Awaitable[Any]], process: Process) -> Any:
        try:
            return await work(process)
        except ZhibanError as error:
            # The one who asks is told no: somebody else was faster.
            assert error.code in MOVED, error
            return error
        except SQLAlchemyError:
            assert self.house.database_down
            return None

    async def _gateway_dies(self) -> None:
        _tell("  the gateway died")
        self.told.gateway_up = False
        for line in self.told.lines.values():
            line.up, line.voices = False, set()
        await self.gateway.close()

    async def _clock_dies(self) -> None:
        _tell("  the clock died")
        self.told.clock_up = False
        await self.clock.close()

    # --- people ---------------------------------------------------------------------------

    @initialize()
    def somebody_is_there(self) -> None:
        self.run(self.by_desk(lambda _: self._arrive("a1")))

    async def _arrive(self, agent: str) -> None:
        await self.desk.presence.arrive(agent, agent, PEOPLE[agent].value)
        self.told.sitting.add(agent)

    @rule(agent=agents)
    def arrives(self, agent: str) -> None:
        self.run(self.by_desk(lambda _: self._arrive(agent)))

    @precondition(lambda self: self.told.sitting)
    @rule(pick=picks)
    def closes_the_tab(self, pick: int) -> None:
        agent = _pick(sorted(self.told.sitting), pick)
        self.told.sitting.discard(agent)
        self.run(self.by_desk(lambda p: p.presence.leave(agent)))

    @precondition(lambda self: self.told.sitting)
    @rule(pick=picks)
    def falls_silent(self, pick: int) -> None:
        """The desk process that held the socket is gone: nobody says goodbye."""
        self.told.sitting.discard(_pick(sorted(self.told.sitting), pick))

    @precondition(lambda self: self.told.sitting)
    @rule(pick=picks, status=st.sampled_from(Status))
    def chooses(self, pick: int, status: Status) -> None:
        agent = _pick(sorted(self.told.sitting), pick)
        self.run(self.by_desk(lambda p: p.presence.choose(agent, status)))

    @rule(pick=picks, agent=agents, other=agents)
    def two_press_answer(self, pick: int, agent: str, other: str) -> None:
        async def press(process: Process) -> None:
            case = await self._one_of(process, pick, *WAITING, HandoffState.OFFERED)
            if case is None:
                return
            people = sorted({agent, other})
            answers = await asyncio.gather(
                *[process.desk.accept(case.record.id, _user(who)) for who in people],
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
                    await process.desk.accept(case.record.id, _user(agent))

        self.run(self.by_desk(press))

    @rule(pick=picks, reason=st.sampled_from(sorted(DECLINE_REASONS)))
    def declines(self, pick: int, reason: str) -> None:
        async def press(process: Process) -> None:
            case = await self._one_of(process, pick, HandoffState.OFFERED)
            if case is not None and case.record.offered_to:
                user = _user(case.record.offered_to)
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
                await process.desk.return_to_bot(case.record.id, _user(case.record.agent_id))

        self.run(self.by_desk(press))

    @rule(pick=picks, agent=agents)
    def claims_a_call_back(self, pick: int, agent: str) -> None:
        async def press(process: Process) -> None:
            case = await self._one_of(process, pick, HandoffState.CALLBACK_DUE)
            if case is not None:
                await process.desk.claim(case.record.id, _user(agent))

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
                user = _user(case.record.agent_id)
                await process.casework.dispose(case.record.id, user, outcome, "")

        self.run(self.by_desk(press))

    # --- callers and their gateway --------------------------------------------------------

    @precondition(lambda self: self.told.gateway_up and len(self.told.lines) < 5)
    @rule(emergency=st.booleans(), dies_after=st.none() | st.integers(0, 30))
    def calls_and_asks(self, emergency: bool, dies_after: int | None = None) -> None:
        line = Line(f"c{len(self.told.lines) + 1}", emergency)
        self.told.lines[line.call_id] = line

        async def ask(process: Process) -> None:
            with process.fuse.burning(dies_after):
                await _begin(process, line)
                await _ask(process, line)

        self.run(self.by_gateway(ask))

    @precondition(lambda self: self.told.gateway_up)
    @rule(pick=picks)
    def becomes_an_emergency(self, pick: int) -> None:
        async def cry(process: Process) -> None:
            line = _pick([each for each in self.told.lines.values() if each.up and each.owed], pick)
            record = line and await process.stores.ledger.open_of_call(line.call_id)
            if not record or line.emergency:
                return
            line.emergency = True
            number = await _file(process, line)
            await process.stores.ledger.raise_to(
                record.id, kind="fire", level=3, priority=0, ticket_number=number, card={"x": 1}
            )

        self.run(self.by_gateway(cry))

    @precondition(lambda self: self.told.gateway_up)
    @rule(pick=picks, whisper=st.booleans())
    def audio_joins(self, pick: int, whisper: bool) -> None:
        async def join(process: Process) -> None:
            case = await self._one_of(process, pick, HandoffState.ACCEPTED, HandoffState.BRIEFING)
            line = self.told.lines.get(case.record.call_id) if case else None
            if case is None or line is None or not line.up:
                return
            ledger, agent, state = process.stores.ledger, case.record.agent_id, case.record.state
            if whisper and state is HandoffState.ACCEPTED:
                await ledger.move(
                    case.record.id, state, HandoffState.BRIEFING, HandoffReason.WHISPER, by=agent
                )
                return
            line.voices.add(agent)
            await ledger.move(
                case.record.id, state, HandoffState.BRIDGED, HandoffReason.AUDIO_JOINED, by=agent
            )

        self.run(self.by_gateway(join))

    @precondition(lambda self: self.told.gateway_up)
    @rule(pick=picks)
    def agents_line_breaks(self, pick: int) -> None:
        async def lose(process: Process) -> None:
            case = await self._one_of(process, pick, HandoffState.BRIDGED)
            if case is None or not self.told.lines[case.record.call_id].up:
                return
            self.told.lines[case.record.call_id].voices.clear()
            await process.stores.ledger.move(
                case.record.id,
                HandoffState.BRIDGED,
                HandoffState.AGENT_LOST,
                HandoffReason.AGENT_GONE,
                by="gateway",
            )

        self.run(self.by_gateway(lose))

    @precondition(lambda self: self.told.gateway_up)
    @rule(pick=picks)
    def hangs_up(self, pick: int) -> None:
        line = _pick([each for each in self.told.lines.values() if each.up], pick)
        if line is not None:
            self.run(self.by_gateway(lambda p: self._end(p, line.call_id)))

    async def _end(self, process: Process, call_id: str) -> None:
        line = self.told.lines[call_id]
        if not line.up:
            return
        line.up, line.voices = False, set()
        record = await process.stores.ledger.open_of_call(call_id)
        if record is not None and record.state is not HandoffState.BRIDGED:
            await release_handoff(process.stores, record.id)
        await process.stores.timeline.append(call_id, EventName.CALL_ENDED, {"reason": "x"})
        await process.redis.srem(redis_keys.ACTIVE_CALLS, call_id)
        if self.told.clock_up:
            await self._clock_does(lambda p: p.clock.note_ended_calls({call_id}))

    # --- deaths, outages, time ------------------------------------------------------------

    @rule(whose=st.sampled_from(["desk", "gateway", "clock"]), operations=st.integers(0, 14))
    def will_die(self, whose: str, operations: int) -> None:
        """Within its next operations on the stores."""
        process: Process = getattr(self, whose)
        process.fuse.left = operations

    @precondition(lambda self: self.told.gateway_up)
    @rule()
    def gateway_is_killed(self) -> None:
        self.run(self._gateway_dies())

    @precondition(lambda self: not self.told.gateway_up)
    @rule()
    def gateway_starts_again(self) -> None:
        self.run(self._restart_gateway())

    async def _restart_gateway(self) -> None:
        self.gateway, self.told.gateway_up = self.house.start(), True

        async def settle(process: Process) -> None:
            for call_id in sorted(await process.redis.smembers(redis_keys.ACTIVE_CALLS)):
                if not self.told.lines[call_id].up:
                    await process.settler.settle(call_id)

        await self.by_gateway(settle)

    async def _store_at_last(self) -> None:
        """The gateway tries on to store what was told it, from its spool after a restart too."""
        for line in self.told.lines.values():
            if line.owed and not line.stored and self.told.gateway_up:

                async def store(process: Process, line: Line = line) -> None:
                    record = await _ask(process, line)
                    if not line.up:
                        await release_handoff(process.stores, record.id)

                await self.by_gateway(store)

    @precondition(lambda self: self.told.clock_up)
    @rule()
    def clock_is_killed(self) -> None:
        self.run(self._clock_dies())

    @precondition(lambda self: not self.told.clock_up)
    @rule()
    def another_clock_takes_over(self) -> None:
        self.run(self._take_over())

    async def _take_over(self) -> None:
        self.clock, self.told.clock_up = self.house.start(), True
        await self._clock_does(lambda p: p.clock.take_over())

    @precondition(lambda self: self.told.clock_up)
    @rule()
    def two_clocks_look_at_once(self) -> None:
        """A leader that was paused wakes while its successor works."""

        async def look() -> None:
            stale = self.house.start()
            await asyncio.gather(stale.clock.look(), self._clock_does(lambda p: p.clock.look()))
            await stale.close()

        self.run(look())

    @rule(down=st.booleans())
    def database_fails_or_returns(self, down: bool) -> None:
        self.house.database_down = down

    @rule(seconds=st.sampled_from([0.5, 1, 3, 5, 8, 20, 31, 62, 125, 700]))
    def time_passes(self, seconds: float) -> None:
        self.run(self._pass_time(seconds))

    async def _pass_time(self, seconds: float) -> None:
        self.house.pass_time(seconds)
        for agent in sorted(self.told.sitting):
            await self.by_desk(lambda p, agent=agent: p.presence.confirm(agent))
        await self._store_at_last()

    # --- what must never be ---------------------------------------------------------------

    @rule(pick=picks, goal=st.sampled_from(HandoffState))
    def no_edge_that_does_not_exist(self, pick: int, goal: HandoffState) -> None:
        async def attempt() -> None:
            case = await self._one_of(self.eye, pick, *HandoffState)
            if case is None or is_legal(case.record.state, goal):
                return
            with pytest.raises(ZhibanError) as refused:
                await self.eye.stores.ledger.move(
                    case.record.id, case.record.state, goal, HandoffReason.RING, by="x"
                )
            assert refused.value.code is ErrorCode.HANDOFF_ILLEGAL
            now = await self.eye.stores.ledger.get(case.record.id)
            assert now.state is case.record.state

        self.run(attempt())

    @invariant()
    def nothing_waits_with_nothing_scheduled(self) -> None:
        self.run(self._check())

    async def _clock_does(self, work: Callable[[Process], Awaitable[Any]]) -> Any:
        try:
            return await work(self.clock)
        except ProcessKilledError:
            await self._clock_dies()

    async def _quiesce(self) -> None:
        """Let the clock do all that is due now; it must come to rest."""
        for _ in range(80):
            due = await self._clock_does(lambda p: p.clock.look())
            if due is None or due > self.house.now:
                return
        raise AssertionError("the clock never comes to rest")

    async def _check(self) -> None:
        if self.told.clock_up:
            await self._quiesce()
        down, self.house.database_down = self.house.database_down, False
        try:
            everything = await stored(self.eye)
            await self._check_stores(everything)
            for call_id in self.told.lines:
                await self._check_story(call_id, everything)
            if self.told.clock_up:
                cases = [
                    Case.from_hash(fields)
                    for fields, _ in everything.values()
                    if fields and fields["state"] not in CLOSED_STATES
                ]
                for case in cases:
                    await self._check_scheduled(case)
        finally:
            self.house.database_down = down

    async def _check_stores(self, everything: dict[str, tuple[dict[str, str], Any]]) -> None:
        for handoff_id, (fields, row) in everything.items():
            listed = await self.eye.redis.sismember(redis_keys.OPEN_HANDOFFS, handoff_id)
            if fields and fields["state"] not in CLOSED_STATES:
                assert listed, f"{handoff_id} is open and in no list"
            if fields and fields.get("settled") == fields["rev"]:
                assert row is not None, f"{handoff_id} has no row"
                for name in ("state", "reason", "agent_id", "kind", "ticket_number", "updated_at"):
                    assert getattr(row, name) == fields.get(name, ""), (handoff_id, name)
                for name in ("rev", "level", "priority"):
                    assert str(getattr(row, name)) == fields[name], (handoff_id, name)
                assert row.card == json.loads(fields["card"])
        for call_id in self.told.lines:
            open_ones = [
                handoff_id
                for handoff_id, (fields, _) in everything.items()
                if fields and fields["call_id"] == call_id and fields["state"] not in CLOSED_STATES
            ]
            assert len(open_ones) <= 1, f"{call_id}: {open_ones}"

    async def _check_story(
        self, call_id: str, everything: dict[str, tuple[dict[str, str], Any]]
    ) -> None:
        """The timeline tells one legal way through the states, each edge once."""
        entries = await self.eye.redis.xrange(redis_keys.call_events(call_id))
        events = [TimelineEvent.from_fields(fields) for _, fields in entries]
        ways: dict[str, list[HandoffState]] = {}
        for event in events:
            if not event.name.startswith("handoff.") or event.name in _NO_EDGE:
                continue
            ways.setdefault(event.data["handoff_id"], []).append(HandoffState(event.data["state"]))
        for handoff_id, way in ways.items():
            assert way[0] is HandoffState.REQUESTED
            for before, following in pairwise(way):
                assert is_legal(before, following), (handoff_id, way)
            fields = everything[handoff_id][0]
            if fields.get("settled") == fields["rev"]:
                assert way[-1] == fields["state"], (handoff_id, way)

    async def _check_scheduled(self, case: Case) -> None:
        record, now = case.record, self.house.now
        look = self.clock.clock.next_looks.get(record.id)
        line = self.told.lines[record.call_id]

        def by(moment: Any) -> None:
            assert look is not None, f"{record.id} {record.state}: the clock will not look"
            assert now < look <= moment + _EPSILON, (record.state, now, look, moment)

        chain = self.house.community.chain_for(record.kind, record.level)
        ring = chain[min(record.stage, len(chain) - 1)].ring_seconds
        match record.state:
            case HandoffState.OFFERED:
                assert record.offered_to in PEOPLE
                by(after(record.updated_at, ring))
            case HandoffState.ACCEPTED | HandoffState.BRIEFING:
                assert record.agent_id in PEOPLE
                by(after(record.updated_at, RULES.join_seconds + _BRIEFING_SECONDS))
            case HandoffState.BRIDGED if not case.call_ended:
                # In a talk, or its gateway died and has to settle it when it starts again.
                assert (line.up and record.agent_id in line.voices) or not self.told.gateway_up
            case HandoffState.BRIDGED:
                assert record.agent_id in PEOPLE
                by(now + timedelta(seconds=60))
            case HandoffState.CALLER_LEFT:
                by(after(record.updated_at, 5))
            case HandoffState.CALLBACK_DUE:
                ticket = await self.eye.stores.tickets.get(record.ticket_number)
                assert any("回" in promise["what"] for promise in ticket["promises"]), ticket
                by(now + timedelta(hours=3))
            case state if state in WAITING and case.call_ended:
                by(after(case.call_ended, 5))
            case state if state in WAITING:
                assert case.rest_until, f"{record.id} {state}: waits without a time"
                assert parse(case.rest_until) > now
                by(parse(case.rest_until))
            case state:
                raise AssertionError(f"{record.id} rests in {state}")

    # --- one diligent agent at the end ----------------------------------------------------

    def teardown(self) -> None:
        try:
            self.run(self._everybody_is_served())
        finally:
            self.run(self._close())
            self.runner.close()

    async def _everybody_is_served(self) -> None:
        self.house.database_down = False
        for process in (self.desk, self.gateway, self.clock):
            process.fuse.left = None
        if not self.told.clock_up:
            await self._take_over()
        if not self.told.gateway_up:
            await self._restart_gateway()
        self.told.sitting.clear()
        await self._pass_time(60)
        await self._arrive("a1")
        for _ in range(400):
            await self._check()
            cases = await self.desk.desk._cases.open()
            if not cases:
                break
            if not any([await self._serve(case) for case in cases]):
                await self._pass_time(2)
        else:
            raise AssertionError(f"not served: {[(c.record.id, c.record.state) for c in cases]}")
        everything = await stored(self.eye)
        for handoff_id, (fields, row) in everything.items():
            assert fields["state"] in CLOSED_STATES, handoff_id
            assert (fields["rev"], row.state) == (fields["settled"], fields["state"])
        served = {fields["call_id"] for fields, _ in everything.values()}
        for line in self.told.lines.values():
            if line.owed:
                assert line.call_id in served, f"{line.call_id} was lost"
        assert not await self.eye.redis.smembers(redis_keys.OPEN_HANDOFFS)

    async def _serve(self, case: Case) -> bool:
        """Do what a diligent agent does with a case that is theirs; True if there was something."""
        me, record, desk = _user("a1"), case.record, self.desk
        line = self.told.lines[record.call_id]
        if record.state is HandoffState.OFFERED and record.offered_to == me.id:
            await desk.desk.accept(record.id, me)
        elif record.state in TALKING and record.agent_id == me.id and not case.call_ended:
            if record.state is not HandoffState.BRIDGED:
                if not line.up:
                    return False
                line.voices.add(me.id)
                await self.gateway.stores.ledger.move(
                    record.id,
                    record.state,
                    HandoffState.BRIDGED,
                    HandoffReason.AUDIO_JOINED,
                    by=me.id,
                )
            await self._end(self.gateway, record.call_id)
            await desk.casework.dispose(record.id, me, "resolved", "")
        elif record.state is HandoffState.BRIDGED and record.agent_id == me.id:
            await desk.casework.dispose(record.id, me, "resolved", "")
        elif record.state is HandoffState.BRIDGED and not case.call_ended and line.up:
            # Another agent's line, left by them with the tab.
            await self.gateway.stores.ledger.move(
                record.id,
                HandoffState.BRIDGED,
                HandoffState.AGENT_LOST,
                HandoffReason.AGENT_GONE,
                by="gateway",
            )
            line.voices.clear()
        elif record.state is HandoffState.CALLBACK_DUE and record.agent_id in ("", me.id):
            await desk.desk.claim(record.id, me)
            await desk.casework.dispose(record.id, me, "resolved", "")
        else:
            return False
        return True

    async def _close(self) -> None:
        for process in (self.gateway, self.desk, self.clock, self.eye):
            await process.close()

    async def _one_of(self, process: Process, pick: int, *states: HandoffState) -> Case | None:
        cases = [c for c in await process.desk._cases.open() if c.record.state in states]
        return _pick(cases, pick)


_NO_EDGE = (EventName.HANDOFF_ESCALATED, EventName.HANDOFF_TRANSFERRED)


def _tell(what: str) -> None:
    if currently_in_test_context():
        note(what)


def _pick(items: Any, pick: int) -> Any:
    return items[pick % len(items)] if items else None


def _user(agent: str) -> User:
    return User(agent, agent, PEOPLE[agent])


async def _begin(process: Process, line: Line) -> None:
    await process.stores.timeline.append(line.call_id, EventName.CALL_STARTED, {"caller": ""})
    await process.redis.hset(
        redis_keys.call_info(line.call_id), mapping={"caller": "", "node": NODE}
    )
    await process.redis.sadd(redis_keys.ACTIVE_CALLS, line.call_id)


async def _file(process: Process, line: Line) -> str:
    if line.emergency and not line.owed:
        await process.stores.timeline.append(
            line.call_id,
            EventName.EMERGENCY_DETECTED,
            {"kind": "fire", "level": 3, "matched": "着火了"},
        )
        # From here on whoever settles the call knows of it.
        line.owed = True
    draft = TicketDraft(
        category=Category.EMERGENCY if line.emergency else Category.CALLBACK,
        problem="着火了" if line.emergency else "要求人工",
        urgency=Urgency.EMERGENCY if line.emergency else Urgency.NORMAL,
        call_id=line.call_id,
        filing_key=emergency_key(line.call_id, 1) if line.emergency else "",
    )
    ticket = await process.stores.tickets.file(draft, by="bot", allow_incomplete=True)
    return str(ticket["number"])


async def _ask(process: Process, line: Line) -> HandoffRecord:
    number = await _file(process, line)
    record = await process.stores.ledger.request(
        call_id=line.call_id,
        ticket_number=number,
        kind="fire" if line.emergency else "human",
        level=3 if line.emergency else 0,
        priority=0 if line.emergency else 1,
        reason=HandoffReason.EMERGENCY if line.emergency else HandoffReason.CALLER_ASKED,
        node=NODE,
        card={"words": ["着火了"], "advice": []},
    )
    line.owed = line.stored = True
    return record


@pytest.fixture(scope="module")
def model_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("model-redis")) as url:
        yield url


@pytest.fixture
def model(model_redis: str, tmp_path: Path) -> type[HandoffModel]:
    """The model, each instance with empty stores of its own."""
    asyncio.run(migrate(f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"))
    community = load_community(ROOT / "site" / "sample")
    sop, spotter = load_sop(ROOT / "site" / "sample"), EmergencySpotter()
    counter = iter(range(1_000_000))

    class Model(HandoffModel):
        @staticmethod
        def house_for() -> House:
            folder = tmp_path / f"house{next(counter)}"
            return House(model_redis, folder, community, sop, spotter)

    return Model


def test_no_caller_waits_with_nothing_scheduled(model: type[HandoffModel]) -> None:
    run_state_machine_as_test(
        model,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            phases=[Phase.generate] + [Phase.shrink] * bool(os.environ.get("ZHIBAN_MODEL_SHRINK")),
            suppress_health_check=list(HealthCheck),
        ),
    )


def _waiting(model: HandoffModel, *, emergency: bool = True) -> None:
    model.somebody_is_there()
    model.calls_and_asks(emergency=emergency)
    model.nothing_waits_with_nothing_scheduled()


def _talking(model: HandoffModel) -> None:
    _waiting(model)
    model.answers(pick=0, agent="a1")
    model.audio_joins(pick=0, whisper=False)
    model.nothing_waits_with_nothing_scheduled()


def _owed(model: HandoffModel) -> None:
    _waiting(model)
    model.hangs_up(pick=0)
    model.time_passes(seconds=5)
    model.nothing_waits_with_nothing_scheduled()


STEPS_THAT_BREAK_OFF: dict[str, tuple[str, Callable[..., None], Callable[..., None]]] = {
    "request": ("gateway", lambda m: m.somebody_is_there(), lambda m: m.calls_and_asks(True)),
    "raise": (
        "gateway",
        lambda m: _waiting(m, emergency=False),
        lambda m: m.becomes_an_emergency(pick=0),
    ),
    "hang_up": ("gateway", _waiting, lambda m: m.hangs_up(pick=0)),
    "bridge": ("gateway", _talking, lambda m: m.agents_line_breaks(pick=0)),
    "accept": ("desk", _waiting, lambda m: m.answers(pick=0, agent="a1")),
    "transfer": ("desk", _talking, lambda m: m.passes_on(pick=0, agent="boss", role="")),
    "consult": ("desk", _talking, lambda m: m.completes_a_consultation(pick=0, agent="a2")),
    "return": ("desk", _talking, lambda m: m.gives_back_to_the_bot(pick=0)),
    "claim": ("desk", _owed, lambda m: m.claims_a_call_back(pick=0, agent="a1")),
    "dispose": ("desk", _talking, lambda m: m.disposes(pick=0, outcome="resolved")),
    "clock": ("clock", _waiting, lambda m: m.time_passes(seconds=20)),
}


@pytest.mark.parametrize("step", STEPS_THAT_BREAK_OFF)
def test_killed_before_each_operation_on_a_store(model: type[HandoffModel], step: str) -> None:
    """However far a step came, the others bring the caller to an end, and each edge is told once."""
    whose, prepare, act = STEPS_THAT_BREAK_OFF[step]
    operations = 0
    while True:
        world = model()
        try:
            prepare(world)
            process: Process = getattr(world, whose)
            process.fuse.left = operations
            act(world)
            world.nothing_waits_with_nothing_scheduled()
            died = process.fuse.died
        finally:
            world.teardown()
        if not died:
            break
        operations += 1
    assert operations > 3
