"""What callers and their gateway do, what dies, and how time passes."""

from __future__ import annotations

import asyncio

from hypothesis import strategies as st
from hypothesis.stateful import (
    precondition,
    rule,
)

from tests.handoff.model_base import (
    Line,
    ModelBase,
    ask,
    begin,
    file_ticket,
    one_at,
    picks,
)
from tests.handoff.model_world import Process
from zhiban.handoffs import (
    HandoffReason,
    HandoffState,
)


class CallRules(ModelBase):
    """Callers ask, hang up, and lose their gateway."""

    @precondition(lambda self: self.told.gateway_up and len(self.told.lines) < 5)
    @rule(emergency=st.booleans(), dies_after=st.none() | st.integers(0, 30))
    def calls_and_asks(self, emergency: bool, dies_after: int | None = None) -> None:
        line = Line(f"c{len(self.told.lines) + 1}", emergency)
        self.told.lines[line.call_id] = line

        async def ring_up(process: Process) -> None:
            with process.fuse.burning(dies_after):
                await begin(process, line)
                await ask(process, line)

        self.run(self.by_gateway(ring_up))

    @precondition(lambda self: self.told.gateway_up)
    @rule(pick=picks)
    def becomes_an_emergency(self, pick: int) -> None:
        async def cry(process: Process) -> None:
            line = one_at(
                [each for each in self.told.lines.values() if each.up and each.owed], pick
            )
            record = line and await process.stores.ledger.open_of_call(line.call_id)
            if not record or line.emergency:
                return
            line.emergency = True
            number = await file_ticket(process, line)
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
        line = one_at([each for each in self.told.lines.values() if each.up], pick)
        if line is not None:
            self.run(self.by_gateway(lambda p: self._end(p, line.call_id)))


class DeathRules(ModelBase):
    """Processes and stores fail; time passes."""

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

    @precondition(lambda self: self.told.clock_up)
    @rule()
    def clock_is_killed(self) -> None:
        self.run(self._clock_dies())

    @precondition(lambda self: not self.told.clock_up)
    @rule()
    def another_clock_takes_over(self) -> None:
        self.run(self._take_over())

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
