"""The same number calls again: joined to its open case, not to a second one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from tests.gateway.conftest import Engine, Line, _open
from tests.gateway.test_outages import database_down
from tests.support.stores import Stores
from voice_gateway.call.line import CallMode
from zhiban import redis_keys
from zhiban.calls.settle import CallSettler
from zhiban.handoffs import HandoffReason, HandoffRecord, HandoffState
from zhiban.tickets import Status

NUMBER = "13812345678"


@asynccontextmanager
async def calling(
    stores: Stores, engine: Engine, name: str, caller: str = NUMBER
) -> AsyncIterator[Line]:
    folder = stores.folder / name
    folder.mkdir()
    async for line in _open(stores, engine, folder, caller):
        yield line


async def _left_in_danger(
    stores: Stores, engine: Engine, words: str = "我家着火了"
) -> HandoffRecord:
    """A first call whose caller hangs up in danger."""
    async with calling(stores, engine, "first") as line:
        await line.say(words)
        handoff_id = line.call.handoff_id
        await line.call.end("caller_hung_up")
    record = await stores.ledger.get(handoff_id)
    assert record.state is HandoffState.CALLBACK_DUE
    return record


async def _tickets(stores: Stores) -> list[dict[str, Any]]:
    return await stores.tickets.open_of_phone(NUMBER)


async def test_caller_in_danger_is_put_through_at_once_when_they_call_again(
    stores: Stores, engine: Engine
) -> None:
    before = await _left_in_danger(stores, engine)
    async with calling(stores, engine, "second") as line:
        assert line.ears.said[0] == line.services.community.phrase("case_known")
        assert line.call.mode is CallMode.WAITING
        record = await stores.ledger.get(before.id)
        assert line.call.handoff_id == before.id
        assert (record.state, record.reason, record.priority) == (
            HandoffState.REQUESTED,
            HandoffReason.CALLED_AGAIN,
            0,
        )
        assert (record.call_id, record.kind) == (line.call.call_id, "fire")
        assert line.engine.heard == []
        (ticket,) = await _tickets(stores)
        assert ticket["details"]["calls"] == [before.call_id, line.call.call_id]
        requested = next(e for e in await line.timeline() if e.name == "handoff.requested")
        assert requested.data["earlier_call"] == before.call_id
        await line.say("快点啊火越来越大了")
        assert "快点啊火越来越大了" in (await _tickets(stores))[0]["verbatim"]
        await line.call.end("caller_hung_up")
    record = await stores.ledger.get(before.id)
    assert record.state is HandoffState.CALLBACK_DUE
    assert len(await stores.ledger.open()) == 1
    (ticket,) = await _tickets(stores)
    assert [promise["what"] for promise in ticket["promises"]].count("回拨业主") == 1


async def test_agent_who_had_taken_the_call_back_is_rung_first(
    stores: Stores, engine: Engine
) -> None:
    before = await _left_in_danger(stores, engine)
    await stores.ledger.claim(before.id, "agent-7", "王晓")
    async with calling(stores, engine, "second"):
        fields = await stores.redis.hgetall(redis_keys.handoff(before.id))
        assert (fields["wanted_agent"], fields["agent_id"]) == ("agent-7", "")


async def test_another_number_opens_a_case_of_its_own(stores: Stores, engine: Engine) -> None:
    await _left_in_danger(stores, engine)
    async with calling(stores, engine, "second", caller="13000000000") as line:
        assert line.ears.said == [line.services.community.phrase("greeting")]
        await line.say("我家着火了")
        assert len(await stores.ledger.open()) == 2


async def test_a_case_older_than_the_sites_time_is_not_joined(
    stores: Stores, engine: Engine
) -> None:
    before = await _left_in_danger(stores, engine)
    await stores.redis.hset(redis_keys.handoff(before.id), "updated_at", "2020-01-01T00:00:00.000Z")
    async with calling(stores, engine, "second") as line:
        assert line.call.mode is CallMode.BOT


async def test_the_same_danger_told_while_the_first_call_still_rings_shares_the_ticket(
    stores: Stores, engine: Engine
) -> None:
    """A line that hangs: the gateway does not know yet that its caller is gone."""
    async with calling(stores, engine, "first") as first:
        await first.say("我家着火了")
        async with calling(stores, engine, "second") as second:
            assert second.call.mode is CallMode.WAITING
            cases = await stores.ledger.open()
            assert {case.ticket_number for case in cases} == {cases[0].ticket_number}
            assert {case.call_id for case in cases} == {first.call.call_id, second.call.call_id}
            assert all(case.priority == 0 for case in cases)
            await first.call.end("caller_hung_up")
            await second.call.end("caller_hung_up")
    # Whoever calls back calls once; nobody is forgotten.
    (case,) = await stores.ledger.open()
    assert case.state is HandoffState.CALLBACK_DUE
    assert len(await _tickets(stores)) == 1


async def test_both_lines_of_one_number_break_at_once_and_one_call_back_stays(
    stores: Stores, engine: Engine
) -> None:
    async with calling(stores, engine, "first") as first:
        await first.say("我家着火了")
        async with calling(stores, engine, "second") as second:
            await asyncio.gather(first.call.end("gone"), second.call.end("gone"))
    (case,) = await stores.ledger.open()
    assert case.state is HandoffState.CALLBACK_DUE


async def test_request_for_a_person_joins_the_due_call_back(stores: Stores, engine: Engine) -> None:
    """The dialogue has filed a ticket that only asks for a call: it is merged."""
    async with calling(stores, engine, "first") as first:
        await first.call.hear_digit("0")
        handoff_id = first.call.handoff_id
        await first.call.end("caller_hung_up")
    async with calling(stores, engine, "second") as second:
        assert second.call.mode is CallMode.BOT
        await second.call.hear_digit("0")
        assert second.call.handoff_id == handoff_id
        assert len(await _tickets(stores)) == 1
        assert (await stores.ledger.get(handoff_id)).state is HandoffState.REQUESTED


async def test_ticket_that_only_asks_for_a_call_is_merged_into_the_known_one(
    stores: Stores, engine: Engine
) -> None:
    async with calling(stores, engine, "first") as first:
        await first.call.hear_digit("0")
        known = await stores.ledger.get(first.call.handoff_id)
        await first.call.end("caller_hung_up")
    async with calling(stores, engine, "second") as second:
        draft = replace(_callback_draft(), call_id=second.call.call_id)
        filed = await stores.tickets.file(draft, by="bot")
        engine.answer = lambda _: {
            "messages": [{"text": "好的。"}],
            "handoff": {
                "kind": "manager",
                "reason": "manager_asked",
                "ticket_number": filed["number"],
            },
        }
        await second.say("我要找经理")
        merged = await stores.tickets.get(filed["number"])
        record = await stores.ledger.get(second.call.handoff_id)
        assert (merged["status"], merged["details"]["merged_into"]) == (
            Status.WITHDRAWN,
            known.ticket_number,
        )
        assert (record.id, record.kind, record.priority) == (known.id, "manager", 1)


async def test_an_emergency_is_not_hidden_in_an_open_request(
    stores: Stores, engine: Engine
) -> None:
    async with calling(stores, engine, "first") as first:
        await first.call.hear_digit("0")
        await first.call.end("caller_hung_up")
    async with calling(stores, engine, "second") as second:
        await second.say("我家着火了")
        record = await stores.ledger.get(second.call.handoff_id)
        assert (record.kind, record.priority) == ("fire", 0)
        assert record.ticket_number.startswith("JJ")


async def test_a_wish_for_a_person_outlives_the_database(stores: Stores, engine: Engine) -> None:
    async with calling(stores, engine, "first") as line:
        with database_down(stores):
            pressing = asyncio.create_task(line.call.hear_digit("0"))
            async with asyncio.timeout(5):
                while line.services.community.phrase("apology_down") not in line.ears.said:
                    await asyncio.sleep(0.02)
            assert line.call.mode is CallMode.BOT
        await pressing
        assert line.call.mode is CallMode.WAITING
        assert len(await _tickets(stores)) == 1


async def test_a_node_taken_for_dead_takes_its_callers_back(stores: Stores, engine: Engine) -> None:
    async with calling(stores, engine, "first") as line:
        await line.say("我家着火了")
        handoff_id = line.call.handoff_id
        await CallSettler(line.services).settle(line.call.call_id)
        assert (await stores.ledger.get(handoff_id)).state is HandoffState.CALLBACK_DUE
        await line.call.take_back()
        record = await stores.ledger.get(handoff_id)
        assert (record.state, record.call_id) == (HandoffState.REQUESTED, line.call.call_id)
        assert await stores.redis.sismember(redis_keys.ACTIVE_CALLS, line.call.call_id)
        assert (await line.timeline())[-1].name != "call.ended"


def _callback_draft() -> Any:
    from zhiban.tickets import Category, TicketDraft

    return TicketDraft(Category.CALLBACK, "找经理", phone=NUMBER)


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voice_gateway.call.handover._RETRY_SECONDS", 0.1)
