"""An agent calls an owner back: stored before it rings, joined, recorded, and every end has a name."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.conference.conftest import Floor, OpenFloor
from tests.conference.support import OWNER_HZ, Line, pitches
from tests.handoff.support import events_of, wait_for_event, wait_for_state
from tests.phones.conftest import desk_stores
from tests.support.dialled import PHONE_HZ, Behaviour, Exchange, answers, fails
from zhiban import redis_keys
from zhiban.calls import calling_back
from zhiban.calls.calling_back import CallBack
from zhiban.calls.settle import CallSettler
from zhiban.dialling import LegEventName, Outcome
from zhiban.handoffs import HandoffState
from zhiban.timeline import EventName

OWNER = "13812345678"
VOICES = {"owner": PHONE_HZ, "agent": OWNER_HZ}
_LISTEN_SECONDS = 0.5


async def _due(open_floor: OpenFloor, **site: Any) -> tuple[Floor, str]:
    """Let a caller in danger hang up before anybody came, and let the agent claim the call-back."""
    floor = await open_floor(**site)
    await floor.ask_for_help()
    await floor.caller.tell({"type": "hangup"})
    await wait_for_state(floor.stores, floor.handoff_id, HandoffState.CALLBACK_DUE)
    await floor.act("agent", "claim")
    return floor, (await floor.stores.ledger.get(floor.handoff_id)).call_id


async def _press_call_back(floor: Floor) -> Line:
    answer = await floor.act("agent", "call_back")
    return await floor.connect("agent", answer["bridge_url"])


async def _hears(line: Line, wanted: str) -> None:
    while pitches(await line.newest(_LISTEN_SECONDS), line.sample_rate, VOICES) != {wanted}:
        pass


async def test_the_owner_is_rung_joined_and_recorded(
    open_floor: OpenFloor, exchange: Exchange
) -> None:
    """The talk is a call like any other: hang up, dispose, done."""
    floor, earlier = await _due(open_floor)
    agent = await _press_call_back(floor)
    phone = await exchange.telephone()
    assert phone.order.to == OWNER
    stored = await floor.stores.redis.hgetall(redis_keys.handoff(floor.handoff_id))
    dialled = CallBack.of(stored)
    assert dialled is not None
    assert stored["state"] == "callback_due", "ringing is not reaching"
    await phone.answer()
    record = await wait_for_state(floor.stores, floor.handoff_id, HandoffState.BRIDGED)
    assert (record.agent_id, record.call_id) == ("agent", dialled.call_id)
    await _hears(agent, "owner")
    await _hears(phone.line, "agent")
    await floor.act("agent", "command", command="hangup")
    await phone.told("ended")
    await floor.act("agent", "dispose", outcome="dispatched", notes="已派人")
    await wait_for_state(floor.stores, floor.handoff_id, HandoffState.CLOSED)
    ticket = await floor.stores.tickets.get(record.ticket_number)
    assert [one["outcome"] for one in ticket["details"]["callbacks"]] == ["answered"]
    told = await events_of(floor.stores, earlier, EventName.CALLBACK_ENDED)
    assert [(one["outcome"], one["to"]) for one in told] == [("answered", "138****5678")]
    started = await wait_for_event(floor.stores, dialled.call_id, EventName.CALL_STARTED)
    assert (started["channel"], started["earlier_call"]) == ("callback", earlier)
    said = await events_of(floor.stores, dialled.call_id, EventName.BOT_SAID)
    assert said == [], "the bot greets nobody whom a person has called"
    recording = floor.stores.folder / "recordings" / f"{dialled.call_id}.wav"
    assert recording.stat().st_size > 8_000


@pytest.mark.parametrize(
    ("behave", "outcome"),
    [
        (fails(Outcome.BUSY, 486), "busy"),
        (fails(Outcome.REFUSED, 603), "refused"),
        (fails(Outcome.UNREACHABLE, 404), "unreachable"),
        (fails(Outcome.NO_ANSWER, 0, LegEventName.RINGING), "no_answer"),
        (fails(Outcome.EARLY_MEDIA, 480, LegEventName.EARLY_MEDIA), "announcement"),
        (fails(Outcome.NO_LINE), "unavailable"),
    ],
)
async def test_an_owner_who_is_not_reached_stays_due(
    open_floor: OpenFloor, exchange: Exchange, behave: Behaviour, outcome: str
) -> None:
    """The agent is told why, and may try again at once."""
    exchange.behaviour[OWNER] = behave
    floor, earlier = await _due(open_floor)
    agent = await _press_call_back(floor)
    assert (await agent.noted("ended"))["reason"] == f"callback_{outcome}"
    record = await floor.stores.ledger.get(floor.handoff_id)
    assert (record.state, record.agent_id) == (HandoffState.CALLBACK_DUE, "agent")
    (told,) = await events_of(floor.stores, earlier, EventName.CALLBACK_ENDED)
    assert told["outcome"] == outcome
    ticket = await floor.stores.tickets.get(record.ticket_number)
    assert [one["outcome"] for one in ticket["details"]["callbacks"]] == [outcome]
    exchange.behaviour[OWNER] = answers
    await _press_call_back(floor)
    await wait_for_state(floor.stores, floor.handoff_id, HandoffState.BRIDGED)


async def test_an_agent_who_gives_up_stops_the_ringing(
    open_floor: OpenFloor, exchange: Exchange
) -> None:
    floor, earlier = await _due(open_floor)
    agent = await _press_call_back(floor)
    phone = await exchange.telephone()
    await agent.close()
    async with asyncio.timeout(10):
        await phone.hung_up.wait()
    told = await wait_for_event(floor.stores, earlier, EventName.CALLBACK_ENDED)
    assert told["outcome"] == "cancelled"


async def test_only_who_claimed_it_calls_back_and_only_once(
    open_floor: OpenFloor, exchange: Exchange
) -> None:
    floor, _earlier = await _due(open_floor)
    status, _ = await floor.people["agent2"].act(floor.handoff_id, "call_back")
    assert status == 403
    await _press_call_back(floor)
    await exchange.telephone()
    status, _ = await floor.people["agent"].act(floor.handoff_id, "call_back")
    assert status == 409
    assert len(exchange.rung) == 1


async def test_without_a_line_the_agent_is_told(open_floor: OpenFloor) -> None:
    floor, _earlier = await _due(open_floor)
    status, answer = await floor.people["agent"].act(floor.handoff_id, "call_back")
    assert (status, answer["error"]["code"]) == (503, "no_line")


async def test_a_call_back_whose_gateway_died_while_it_rang_is_ended_by_the_clock(
    open_floor: OpenFloor, monkeypatch: pytest.MonkeyPatch, exchange: Exchange
) -> None:
    """It is written before anything rings: whoever is left ends it, and it can be tried again."""
    monkeypatch.setattr("handoff.chain.DIAL_SECONDS", 1.0)
    floor, earlier = await _due(open_floor)
    await floor.act("agent", "call_back")  # and no gateway ever sees the browser
    told = await wait_for_event(floor.stores, earlier, EventName.CALLBACK_ENDED)
    assert told["outcome"] == "lost"
    assert exchange.rung == []
    await _press_call_back(floor)
    await exchange.telephone()


async def test_a_gateway_that_dies_in_the_talk_leaves_the_call_back_due(
    open_floor: OpenFloor, exchange: Exchange
) -> None:
    """What whoever notices does with its calls: see zhiban/calls/settle.py."""
    floor, _earlier = await _due(open_floor)
    await _press_call_back(floor)
    phone = await exchange.telephone()
    await phone.answer()
    record = await wait_for_state(floor.stores, floor.handoff_id, HandoffState.BRIDGED)
    assert await CallSettler(desk_stores(floor.stores)).settle(record.call_id)
    record = await floor.stores.ledger.get(floor.handoff_id)
    assert record.state is HandoffState.CALLBACK_DUE
    assert record.reason == "gateway_lost"


async def test_an_owner_who_hangs_up_leaves_the_wrap_up(
    open_floor: OpenFloor, exchange: Exchange
) -> None:
    """As after any call: the agent says how it ended."""
    floor, _earlier = await _due(open_floor)
    agent = await _press_call_back(floor)
    phone = await exchange.telephone()
    await phone.answer()
    await wait_for_state(floor.stores, floor.handoff_id, HandoffState.BRIDGED)
    await phone.hang_up()
    assert (await agent.noted("ended"))["reason"] == "caller_hung_up"
    await floor.act("agent", "dispose", outcome="unreachable", notes="没说完就断了")
    record = await wait_for_state(floor.stores, floor.handoff_id, HandoffState.CALLBACK_DUE)
    assert record.agent_id == ""


async def test_a_call_back_that_has_moved_on_is_not_joined(
    open_floor: OpenFloor, exchange: Exchange
) -> None:
    """The owner called in while we rang them: that call has the case."""
    floor, _earlier = await _due(open_floor)
    agent = await _press_call_back(floor)
    phone = await exchange.telephone()
    again = Line(PHONE_HZ + 300, 8_000)
    try:
        await again.join(
            f"{floor.gateway}/v1/voice", {"type": "start", "caller": OWNER, "sample_rate": 8_000}
        )
        await floor.people["agent"].rung()
        await phone.answer()
        assert (await agent.noted("ended"))["reason"] == "callback_lost"
        await phone.told("ended")
        record = await floor.stores.ledger.get(floor.handoff_id)
        assert record.state is HandoffState.OFFERED
    finally:
        await again.close()


def test_every_outcome_of_dialling_has_a_name() -> None:
    assert {calling_back.callback_outcome(outcome) for outcome in Outcome} <= set(
        calling_back.OUTCOME_WORDS
    )
    assert set(calling_back.OUTCOME_WORDS) == set(calling_back.CallbackOutcome)
