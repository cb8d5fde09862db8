"""A gateway that dies and never comes back: its calls are settled by the desk."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from handoff.desk import DeskStores
from handoff.nodes import NodeWatch
from handoff.presence import PresenceBook
from handoff.sop import load_sop
from tests.handoff.conftest import StartDesk
from tests.handoff.support import CALLER, ask_for_person, wait_for_event, wait_for_state
from tests.support.stores import Stores
from zhiban import redis_keys
from zhiban.calls.nodes import NodeBeat
from zhiban.community import load_community
from zhiban.handoffs import HandoffReason, HandoffState
from zhiban.settings import ROOT
from zhiban.tickets import Status
from zhiban.timeline import EventName, read_call

NODE = "http://127.0.0.1:8123"
SITE = ROOT / "site" / "sample"


@pytest.fixture
def watch(stores: Stores) -> NodeWatch:
    """A watch of a desk that leads, without grace: what is missing is dead."""
    return NodeWatch(_desk_stores(stores), lambda: True, grace_seconds=0)


def _desk_stores(stores: Stores) -> DeskStores:
    return DeskStores(
        stores.redis,
        stores.engine,
        stores.timeline,
        load_community(SITE),
        stores.ledger,
        stores.tickets,
        PresenceBook(stores.redis),
        load_sop(SITE),
    )


async def _held_call(stores: Stores, call_id: str) -> None:
    """Register a call as the gateway does."""
    await stores.redis.hset(
        redis_keys.call_info(call_id), mapping={"caller": CALLER, "channel": "web", "node": NODE}
    )
    await stores.redis.sadd(redis_keys.ACTIVE_CALLS, call_id)
    await stores.timeline.append(call_id, EventName.CALL_STARTED, {"caller": CALLER})


async def _turn(stores: Stores, call_id: str, text: str, **data: Any) -> None:
    await stores.timeline.append(call_id, EventName.CALLER_INTERIM, {"text": text, "final": True})
    if data:
        await stores.timeline.append(
            call_id, EventName.CALLER_TURN, {"text": text, "intent": "", "mode": "bot", **data}
        )


async def test_open_case_of_a_dead_node_becomes_a_call_back_due_at_once(
    stores: Stores, watch: NodeWatch
) -> None:
    await _held_call(stores, "c1")
    record = await ask_for_person(stores, "c1", node=NODE)
    assert await watch.look() == 1
    record = await stores.ledger.get(record.id)
    ticket = await stores.tickets.get(record.ticket_number)
    assert (record.state, record.reason) == (
        HandoffState.CALLBACK_DUE,
        HandoffReason.GATEWAY_LOST,
    )
    assert [promise["what"] for promise in ticket["promises"]] == ["回拨业主"]
    last = (await read_call("c1", stores.redis, stores.engine))[-1]
    assert (last.name, last.data["reason"]) == ("call.ended", "gateway_lost")
    assert await stores.redis.scard(redis_keys.ACTIVE_CALLS) == 0
    assert await watch.look() == 0


async def test_node_that_shows_signs_of_life_keeps_its_calls(
    stores: Stores, watch: NodeWatch
) -> None:
    await _held_call(stores, "c1")
    record = await ask_for_person(stores, "c1", node=NODE)
    beat = NodeBeat(stores.redis, NODE)
    await beat.show()
    assert await watch.look() == 0
    assert (await stores.ledger.get(record.id)).state is HandoffState.REQUESTED
    await beat.leave()
    assert await watch.look() == 1


async def test_half_said_request_is_filed_with_a_call_back_promised(
    stores: Stores, watch: NodeWatch
) -> None:
    await _held_call(stores, "c1")
    await _turn(
        stores,
        "c1",
        "厨房灯坏了，还有马桶堵了",
        form="repair_form",
        person=False,
        slots={
            "problem": "厨房灯坏了",
            "category": "repair_indoor",
            "building": "3",
            "matters": [{"text": "马桶堵了", "intent": "repair_indoor", "confidence": 0.9}],
        },
    )
    await watch.look()
    tickets = await stores.tickets.of_call("c1")
    assert [(t["problem"], t["status"]) for t in tickets] == [
        ("厨房灯坏了", Status.INCOMPLETE),
        ("马桶堵了", Status.INCOMPLETE),
    ]
    for ticket in tickets:
        assert (ticket["building"], ticket["phone"]) == ("3", CALLER)
        assert [promise["what"] for promise in ticket["promises"]] == ["回拨业主"]


async def test_request_the_dialogue_had_just_filed_is_not_filed_again(
    stores: Stores, watch: NodeWatch
) -> None:
    """The actions filed it; the node died before it could write the turn."""
    await ask_for_person(stores, "c1", kind="human", words="厨房灯坏了", priority=1)
    await _held_call(stores, "c1")
    slots = {"problem": "厨房灯坏了"}
    await _turn(stores, "c1", "厨房灯坏了", form="repair_form", person=False, slots=slots)
    await watch.look()
    assert len(await stores.tickets.of_call("c1")) == 1


async def test_emergency_that_was_detected_but_never_stored_is_filed(
    stores: Stores, watch: NodeWatch
) -> None:
    await _held_call(stores, "c1")
    await _turn(stores, "c1", "三栋二单元", form="", person=False, slots={})
    await stores.timeline.append(
        "c1", EventName.EMERGENCY_DETECTED, {"kind": "fire", "level": 3, "matched": "着火了"}
    )
    await watch.look()
    (ticket,) = await stores.tickets.of_call("c1")
    (record,) = await stores.ledger.open()
    assert (ticket["category"], ticket["building"]) == ("emergency", "3")
    assert (record.kind, record.priority, record.state) == (
        "fire",
        0,
        HandoffState.CALLBACK_DUE,
    )


@pytest.mark.parametrize("final", [True, False])
async def test_danger_in_words_nobody_has_answered_is_filed(
    stores: Stores, watch: NodeWatch, final: bool
) -> None:
    """The node died between hearing and acting."""
    await _held_call(stores, "c1")
    await stores.timeline.append(
        "c1", EventName.CALLER_INTERIM, {"text": "我家着火了快来人啊", "final": final}
    )
    await watch.look()
    (record,) = await stores.ledger.open()
    assert (record.kind, record.state) == ("fire", HandoffState.CALLBACK_DUE)
    assert record.card["words"] == ["我家着火了快来人啊"]


async def test_danger_named_beside_a_question_is_filed_too(
    stores: Stores, watch: NodeWatch
) -> None:
    """A dead node's words are read as those of a live call: whole and in their parts."""
    await _held_call(stores, "c1")
    words = "物业费怎么交，还有我家着火了"
    await stores.timeline.append("c1", EventName.CALLER_INTERIM, {"text": words, "final": True})
    await watch.look()
    (record,) = await stores.ledger.open()
    assert (record.kind, record.priority) == ("fire", 0)
    assert record.card["words"] == [words]


async def test_closed_question_without_an_answer_is_no_clear_no(
    stores: Stores, watch: NodeWatch
) -> None:
    await _held_call(stores, "c1")
    await _turn(stores, "c1", "好像有点煤气味", intent="emergency_gas_leak", slots={})
    await watch.look()
    (record,) = await stores.ledger.open()
    assert (record.kind, record.state) == ("gas_leak", HandoffState.CALLBACK_DUE)


async def test_answered_words_and_small_talk_leave_nothing(
    stores: Stores, watch: NodeWatch
) -> None:
    await _held_call(stores, "c1")
    await _turn(stores, "c1", "物业费怎么收的", form="", person=False, slots={})
    await _turn(stores, "c1", "嗯嗯")
    await watch.look()
    assert await stores.tickets.of_call("c1") == []
    assert await stores.ledger.open() == []


async def test_wish_for_a_person_that_was_not_stored_is_called_back(
    stores: Stores, watch: NodeWatch
) -> None:
    await _held_call(stores, "c1")
    await _turn(stores, "c1", "转人工，我要问停车费", form="", person=True, slots={})
    await watch.look()
    (ticket,) = await stores.tickets.of_call("c1")
    assert (ticket["category"], ticket["phone"]) == ("callback", CALLER)


async def test_two_desks_that_look_at_once_settle_once(stores: Stores) -> None:
    await _held_call(stores, "c1")
    await ask_for_person(stores, "c1", node=NODE)
    watches = [NodeWatch(_desk_stores(stores), lambda: True, grace_seconds=0) for _ in range(4)]
    assert sum(await asyncio.gather(*[watch.look() for watch in watches])) == 1
    names = [event.name for event in await read_call("c1", stores.redis, stores.engine)]
    assert names.count("call.ended") == 1
    assert len(await stores.tickets.of_call("c1")) == 1


async def test_desk_that_does_not_lead_settles_nothing(stores: Stores) -> None:
    await _held_call(stores, "c1")
    watch = NodeWatch(_desk_stores(stores), lambda: False, grace_seconds=0)
    assert await watch.look() == 0
    assert await stores.redis.sismember(redis_keys.ACTIVE_CALLS, "c1")


async def test_running_desk_finds_the_dead_node_by_itself(
    stores: Stores, start_desk: StartDesk
) -> None:
    """Missing for a while, not only for a moment: the grace has to pass."""
    await _held_call(stores, "c1")
    desk = await start_desk()
    agent = await desk.sign_in("agent")
    await agent.sit_down()
    record = await ask_for_person(stores, "c1", node=NODE)
    assert (await agent.rung())["id"] == record.id
    await wait_for_state(stores, record.id, HandoffState.CALLBACK_DUE)
    ended = await wait_for_event(stores, "c1", EventName.CALL_ENDED)
    assert ended["reason"] == "gateway_lost"
    await agent.state_of(record.id, "callback_due")
