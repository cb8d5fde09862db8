"""The handoff ledger: durable, atomic, no illegal edge."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select

from tests.support.stores import Stores
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.handoffs import HandoffReason, HandoffRecord, HandoffState, is_legal
from zhiban.handoffs.states import EDGES, EVENT_OF
from zhiban.store.models import Handoff
from zhiban.timeline import read_call


async def _request(stores: Stores, call_id: str = "call-1") -> HandoffRecord:
    return await stores.ledger.request(
        call_id=call_id,
        ticket_number="JJ20260101001",
        kind="fire",
        level=3,
        priority=0,
        reason=HandoffReason.EMERGENCY,
        node="http://127.0.0.1:8080",
        card={"words": ["着火了"]},
    )


async def _offer(stores: Stores, record: HandoffRecord) -> HandoffRecord:
    return await stores.ledger.move(
        record.id,
        record.state,
        HandoffState.OFFERED,
        HandoffReason.RING,
        by="desk",
        changes={"offered_to": "agent-1"},
    )


async def test_a_request_is_in_both_stores_before_it_returns(stores: Stores) -> None:
    """Every edge durable before it is acted on."""
    record = await _request(stores)
    assert (await stores.ledger.get(record.id)).card == {"words": ["着火了"]}
    async with stores.engine.connect() as connection:
        row = (await connection.execute(select(Handoff))).one()
    assert (row.id, row.state, row.kind) == (record.id, "requested", "fire")


async def test_a_call_has_one_open_handoff(stores: Stores) -> None:
    """Interim and final words of one cry for help must not ring twice."""
    first, second = await _request(stores), await _request(stores)
    assert first.id == second.id
    assert (await _request(stores, "call-2")).id != first.id


async def test_of_agents_who_press_at_once_one_gets_it(stores: Stores) -> None:
    """The others are told that it is taken."""
    record = await _offer(stores, await _request(stores))

    async def press(agent: str) -> HandoffRecord:
        return await stores.ledger.move(
            record.id,
            HandoffState.OFFERED,
            HandoffState.ACCEPTED,
            HandoffReason.AGENT_ANSWERED,
            by=agent,
            changes={"agent_id": agent},
        )

    results = await asyncio.gather(*[press(f"a{n}") for n in range(8)], return_exceptions=True)
    won = [r for r in results if isinstance(r, HandoffRecord)]
    lost = [r for r in results if isinstance(r, ZhibanError)]
    assert (len(won), len(lost)) == (1, 7)
    assert {error.code for error in lost} == {ErrorCode.HANDOFF_CONFLICT}
    assert (await stores.ledger.get(record.id)).agent_id == won[0].agent_id


async def test_an_edge_that_does_not_exist_is_refused(stores: Stores) -> None:
    """From requested nobody can be bridged."""
    record = await _request(stores)
    with pytest.raises(ZhibanError) as refused:
        await stores.ledger.move(
            record.id,
            HandoffState.REQUESTED,
            HandoffState.BRIDGED,
            HandoffReason.AUDIO_JOINED,
            by="gateway",
        )
    assert refused.value.code is ErrorCode.HANDOFF_ILLEGAL
    assert (await stores.ledger.get(record.id)).state is HandoffState.REQUESTED


async def _bridged(stores: Stores, agent: str = "agent-1") -> HandoffRecord:
    record = await _offer(stores, await _request(stores))
    for before, after, changes in (
        (HandoffState.OFFERED, HandoffState.ACCEPTED, {"agent_id": agent}),
        (HandoffState.ACCEPTED, HandoffState.BRIDGED, {}),
    ):
        record = await stores.ledger.move(
            record.id, before, after, HandoffReason.AGENT_ANSWERED, by=agent, changes=changes
        )
    return record


async def test_a_completed_consultation_changes_the_owner_once(stores: Stores) -> None:
    """Who lets go twice, or is not the owner, changes nothing."""
    record = await _bridged(stores)
    given = await asyncio.gather(
        *[
            stores.ledger.reassign(record.id, "agent-1", to, by="agent-1")
            for to in ("agent-2", "agent-3")
        ],
        return_exceptions=True,
    )
    won = [r for r in given if isinstance(r, HandoffRecord)]
    lost = [r for r in given if isinstance(r, ZhibanError)]
    assert len(won) == 1
    assert [error.code for error in lost] == [ErrorCode.HANDOFF_CONFLICT]
    owner = won[0].agent_id
    async with stores.engine.connect() as connection:
        row = (await connection.execute(select(Handoff))).one()
    assert (row.agent_id, row.state) == (owner, "bridged")
    events = await read_call("call-1", stores.redis, stores.engine)
    told = [e.data for e in events if e.name == "handoff.transferred"]
    assert [(d["from_agent"], d["to_agent"]) for d in told] == [("agent-1", owner)]


async def test_only_the_owner_passes_a_caller_on(stores: Stores) -> None:
    """A blind transfer rings the wanted person and frees the one who let go."""
    record = await _bridged(stores)
    with pytest.raises(ZhibanError) as refused:
        await stores.ledger.transfer(record.id, "agent-2", wanted_agent="agent-3")
    assert refused.value.code is ErrorCode.HANDOFF_CONFLICT
    passed = await stores.ledger.transfer(record.id, "agent-1", wanted_agent="agent-3")
    assert (passed.state, passed.offered_to, passed.agent_id, passed.reason) == (
        HandoffState.OFFERED,
        "agent-3",
        "",
        HandoffReason.TRANSFERRED,
    )


async def test_each_move_writes_one_event_with_its_reason(stores: Stores) -> None:
    """Typed reason on every edge."""
    await _offer(stores, await _request(stores))
    events = await read_call("call-1", stores.redis, stores.engine)
    assert [(e.name, e.data["reason"]) for e in events] == [
        ("handoff.requested", "emergency"),
        ("handoff.offered", "ring"),
    ]


async def test_a_waiting_request_can_become_an_emergency(stores: Stores) -> None:
    """Somebody on hold for a person says that there is fire."""
    record = await stores.ledger.request(
        call_id="call-1",
        ticket_number="HF20260101001",
        kind="human",
        level=0,
        priority=1,
        reason=HandoffReason.CALLER_ASKED,
        node="",
        card={"words": ["转人工"]},
    )
    raised = await stores.ledger.raise_to(
        record.id, kind="fire", level=3, priority=0, ticket_number="JJ1", card={"kind": "fire"}
    )
    assert (raised.priority, raised.kind, raised.ticket_number) == (0, "fire", "JJ1")
    assert raised.card == {"words": ["转人工"], "kind": "fire"}


def test_from_every_state_a_case_can_be_closed() -> None:
    """No state is a trap: each leads to closed."""
    for start in HandoffState:
        seen, frontier = {start}, [start]
        while frontier:
            for after in EDGES[frontier.pop()]:
                if after not in seen:
                    seen.add(after)
                    frontier.append(after)
        assert HandoffState.CLOSED in seen


def test_a_caller_may_leave_whenever_nobody_has_closed_the_case() -> None:
    """The caller hangs up at any point."""
    unclosable = {HandoffState.CALLER_LEFT, HandoffState.CALLBACK_DUE, HandoffState.CLOSED}
    for state in set(HandoffState) - unclosable:
        assert is_legal(state, HandoffState.CALLER_LEFT), state


def test_every_state_has_its_event() -> None:
    """A move without an event would be invisible."""
    assert set(EVENT_OF) == set(HandoffState)
