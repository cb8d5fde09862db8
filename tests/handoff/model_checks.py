"""What must hold after every step, and that everybody is served in the end."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    invariant,
    rule,
)

from handoff.cases import TALKING, WAITING, Case
from handoff.times import after, parse
from tests.handoff.model_base import (
    PEOPLE,
    ModelBase,
    picks,
    user_of,
)
from tests.handoff.model_world import RULES, stored
from zhiban import redis_keys
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.handoffs import (
    CLOSED_STATES,
    HandoffReason,
    HandoffState,
    is_legal,
)
from zhiban.timeline import EventName, TimelineEvent

_NO_EDGE = (EventName.HANDOFF_ESCALATED, EventName.HANDOFF_TRANSFERRED)
_EPSILON = timedelta(milliseconds=2)
_BRIEFING_SECONDS = 30.0


class Checks(ModelBase):
    """The invariants."""

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
        me, record, desk = user_of("a1"), case.record, self.desk
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
