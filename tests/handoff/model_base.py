"""What the model is made of: processes, callers' lines, and who does what where."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import currently_in_test_context, note
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
)
from sqlalchemy.exc import SQLAlchemyError

from handoff.accounts import Role, User
from handoff.cases import Case
from tests.handoff.model_world import NODE, House, Process, ProcessKilledError
from zhiban import redis_keys
from zhiban.calls.release import release_handoff
from zhiban.calls.report import emergency_key
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.handoffs import (
    HandoffReason,
    HandoffRecord,
    HandoffState,
)
from zhiban.tickets import Category, TicketDraft, Urgency
from zhiban.timeline import EventName

PEOPLE = {
    "a1": Role.AGENT,
    "a2": Role.AGENT,
    "boss": Role.LEADER,
    "admin": Role.ADMIN,
}
MOVED = (ErrorCode.HANDOFF_CONFLICT, ErrorCode.ACCESS_DENIED, ErrorCode.HANDOFF_ILLEGAL)

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


class ModelBase(RuleBasedStateMachine):
    """The world, and doing things in processes that may die."""

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

    async def by_desk(self, work: Callable[[Process], Awaitable[Any]]) -> Any:
        """Do something in the desk process; a dead desk is replaced, and its sockets come back."""
        try:
            return await self._tolerant(work, self.desk)
        except ProcessKilledError:
            tell("  the desk died")
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
        tell("  the gateway died")
        self.told.gateway_up = False
        for line in self.told.lines.values():
            line.up, line.voices = False, set()
        await self.gateway.close()

    async def _clock_dies(self) -> None:
        tell("  the clock died")
        self.told.clock_up = False
        await self.clock.close()

    @initialize()
    def somebody_is_there(self) -> None:
        self.run(self.by_desk(lambda _: self._arrive("a1")))

    async def _arrive(self, agent: str) -> None:
        await self.desk.presence.arrive(agent, agent, PEOPLE[agent].value)
        self.told.sitting.add(agent)

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
                    record = await ask(process, line)
                    if not line.up:
                        await release_handoff(process.stores, record.id)

                await self.by_gateway(store)

    async def _take_over(self) -> None:
        self.clock, self.told.clock_up = self.house.start(), True
        await self._clock_does(lambda p: p.clock.take_over())

    async def _clock_does(self, work: Callable[[Process], Awaitable[Any]]) -> Any:
        try:
            return await work(self.clock)
        except ProcessKilledError:
            await self._clock_dies()

    async def _pass_time(self, seconds: float) -> None:
        self.house.pass_time(seconds)
        for agent in sorted(self.told.sitting):
            await self.by_desk(lambda p, agent=agent: p.presence.confirm(agent))
        await self._store_at_last()

    async def _close(self) -> None:
        for process in (self.gateway, self.desk, self.clock, self.eye):
            await process.close()

    async def _one_of(self, process: Process, pick: int, *states: HandoffState) -> Case | None:
        cases = [c for c in await process.desk._cases.open() if c.record.state in states]
        return one_at(cases, pick)


def tell(what: str) -> None:
    if currently_in_test_context():
        note(what)


def one_at(items: Any, pick: int) -> Any:
    return items[pick % len(items)] if items else None


def user_of(agent: str) -> User:
    return User(agent, agent, PEOPLE[agent])


async def begin(process: Process, line: Line) -> None:
    await process.stores.timeline.append(line.call_id, EventName.CALL_STARTED, {"caller": ""})
    await process.redis.hset(
        redis_keys.call_info(line.call_id), mapping={"caller": "", "node": NODE}
    )
    await process.redis.sadd(redis_keys.ACTIVE_CALLS, line.call_id)


async def file_ticket(process: Process, line: Line) -> str:
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


async def ask(process: Process, line: Line) -> HandoffRecord:
    number = await file_ticket(process, line)
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
