"""A call's logic over real stores: turns, emergencies, requests, hang-ups, outages."""

from __future__ import annotations

import asyncio
import json

from tests.gateway.conftest import Line
from voice_gateway.call.attending import follow_commands
from voice_gateway.call.line import CallMode
from voice_gateway.call.orphans import settle_orphans
from voice_gateway.emergency.refile import file_spooled_emergencies
from voice_gateway.pipeline.frames import Turn
from zhiban.handoffs import HandoffReason, HandoffState
from zhiban.redis_keys import call_commands
from zhiban.tickets import Category, Status


async def test_a_turn_is_answered_and_written_with_intent_and_latencies(line: Line) -> None:
    """The contract of caller.turn."""
    line.engine.answer = lambda text: {
        "messages": [{"text": "物业费按建筑面积计算。"}],
        "intent": "ask_fee",
        "confidence": 0.91,
        "slots": {"building": "5"},
    }
    await line.say("物业费怎么收的", decode_ms=210, endpoint_ms=500, speech_ms=1500)
    turn = next(e for e in await line.timeline() if e.name == "caller.turn")
    assert line.ears.said[-1] == "物业费按建筑面积计算。"
    assert (turn.data["text"], turn.data["intent"]) == ("物业费怎么收的", "ask_fee")
    assert turn.data["slots"] == {"building": "5"}
    assert turn.data["latencies"]["decode_ms"] == 210
    assert turn.data["latencies"]["dialogue_ms"] >= 0


async def test_words_are_durable_before_the_dialogue_has_answered(line: Line) -> None:
    """Write the event before acting on it."""
    line.engine.hold.clear()
    speaking = asyncio.create_task(line.say("我家漏水了"))
    async with asyncio.timeout(5):
        while not line.engine.heard:
            await asyncio.sleep(0)
    finals = [e for e in await line.timeline() if e.data.get("final")]
    assert [e.data["text"] for e in finals] == ["我家漏水了"]
    line.engine.hold.set()
    await speaking


async def test_an_emergency_in_interim_words_is_filed_before_the_turn_ends(line: Line) -> None:
    """EMG-001: ticket, then request, and the dialogue engine is not asked."""
    await line.call.hear_interim("喂我家着火了", (), 0.0)
    async with asyncio.timeout(5):
        while line.call.handoff_id == "":
            await asyncio.sleep(0.01)
    names = await line.events()
    detected = names.index("emergency.detected")
    assert detected < names.index("ticket.filed") < names.index("handoff.requested")
    assert line.engine.heard == []
    ticket = (await line.stores.tickets.of_call(line.call.call_id))[0]
    assert (ticket["category"], ticket["urgency"], ticket["level"]) == (
        "emergency",
        "emergency",
        3,
    )
    record = await line.stores.ledger.get(line.call.handoff_id)
    assert (record.kind, record.priority, record.state) == (
        "fire",
        0,
        HandoffState.REQUESTED,
    )
    assert record.card["where"]["building"] == "5"
    assert "building" in record.card["where"]["unconfirmed"]
    assert line.ears.protected == [line.services.community.phrase("reassure_fire")]
    assert line.ears.interruptions == 1


async def test_interim_and_final_of_one_cry_ring_once(line: Line) -> None:
    """The final words of the same turn only add to the case."""
    await line.call.hear_interim("我家着火了", (), 0.0)
    await line.say("我家着火了快来人啊")
    names = await line.events()
    assert names.count("emergency.detected") == 1
    assert names.count("handoff.requested") == 1
    record = await line.stores.ledger.get(line.call.handoff_id)
    assert record.card["words"][-1] == "我家着火了快来人啊"


async def test_a_cry_is_corrected_when_its_words_are_whole(line: Line) -> None:
    """救命啊 alone may be anything; the lift comes a second later."""
    await line.call.hear_interim("救命啊", (), 0.0)
    await line.say("救命啊电梯里困人了")
    record = await line.stores.ledger.get(line.call.handoff_id)
    ticket = (await line.stores.tickets.of_call(line.call.call_id))[0]
    assert (record.kind, record.card["label"]) == ("elevator_trapped", "电梯困人")
    assert ticket["summary"].startswith("电梯困人")
    assert line.ears.protected[-1] == line.services.community.phrase("reassure_elevator_trapped")


async def test_what_is_said_while_it_rings_fills_ticket_and_card(unknown_line: Line) -> None:
    """EMG-004, EMG-005: the agent need not ask again."""
    line = unknown_line
    await line.say("电梯里困人了")
    await line.say("三栋二单元")
    ticket = (await line.stores.tickets.of_call(line.call.call_id))[0]
    record = await line.stores.ledger.get(line.call.handoff_id)
    assert (ticket["building"], ticket["unit"]) == ("3", "2")
    assert (record.card["where"]["building"], record.card["where"]["unit"]) == ("3", "2")
    assert record.card["where"]["unconfirmed"] == []


async def test_a_doubtful_emergency_is_asked_about_once(line: Line) -> None:
    """Anything but a clear no puts through."""
    await line.say("好像有点煤气味")
    assert line.ears.said[-1] == line.services.community.phrase("confirm_gas_leak")
    assert line.call.expects() == "yes_no"
    await line.say("我也说不好")
    assert line.call.mode is CallMode.WAITING
    assert (await line.stores.ledger.get(line.call.handoff_id)).kind == "gas_leak"


async def test_a_danger_that_was_hardly_recognised_is_asked_about_first(line: Line) -> None:
    """A mumbled 对的 may come back as a phrase of the recogniser's own prompt."""
    await line.say("水管爆了", confidence=0.15)
    assert line.call.mode is CallMode.BOT
    assert line.ears.said[-1] == line.services.community.phrase("confirm_burst_pipe")
    await line.say("嗯啊", confidence=0.15)  # anything but a clear no
    assert line.call.mode is CallMode.WAITING
    assert (await line.stores.ledger.get(line.call.handoff_id)).kind == "burst_pipe"


async def test_whoever_waits_already_is_not_asked_what_they_cry(line: Line) -> None:
    line.engine.answer = lambda text: {
        "messages": [],
        "handoff": {"kind": "human", "reason": "caller_asked", "ticket_number": ""},
    }
    await line.say("转人工")
    assert line.call.mode is CallMode.WAITING
    await line.say("我家着火了", confidence=0.15)
    kinds = [record.kind for record in await line.stores.ledger.open()]
    assert "fire" in kinds


async def test_a_clear_no_lets_the_dialogue_have_the_words(line: Line) -> None:
    """The question must not swallow what was said."""
    await line.say("好像有点煤气味")
    await line.say("不是")
    assert line.call.mode is CallMode.BOT
    assert line.engine.heard == ["好像有点煤气味"]


async def test_a_person_asked_for_by_the_dialogue_is_requested(line: Line) -> None:
    """The action filed the ticket; the gateway makes the request."""
    line.engine.answer = lambda text: {
        "messages": [{"text": "好的，马上为您转接人工。"}],
        "handoff": {"kind": "human", "reason": "caller_asked", "ticket_number": ""},
    }
    await line.say("转人工")
    record = await line.stores.ledger.get(line.call.handoff_id)
    assert (record.kind, record.priority, record.reason) == (
        "human",
        1,
        HandoffReason.CALLER_ASKED,
    )
    assert record.ticket_number.startswith("HF")


async def test_an_emergency_while_waiting_for_a_person_moves_to_the_front(line: Line) -> None:
    """Waiting for a person is no reason to miss a fire."""
    line.engine.answer = lambda text: {
        "messages": [{"text": "好的。"}],
        "handoff": {"kind": "human", "reason": "caller_asked", "ticket_number": ""},
    }
    await line.say("转人工")
    before = line.call.handoff_id
    await line.say("哎呀着火了着火了快来人")
    record = await line.stores.ledger.get(line.call.handoff_id)
    assert record.id == before
    assert (record.kind, record.priority) == ("fire", 0)
    tickets = await line.stores.tickets.of_call(line.call.call_id)
    assert {t["category"] for t in tickets} == {"callback", "emergency"}
    assert record.ticket_number.startswith("JJ")


async def test_without_the_dialogue_engine_a_person_is_asked_for(line: Line) -> None:
    """KB-024: never silence."""
    line.engine.answer = lambda text: {}["gone"]
    await line.say("我想问一下停车费")
    record = await line.stores.ledger.get(line.call.handoff_id)
    assert record.reason == HandoffReason.DIALOGUE_DOWN
    assert line.services.community.phrase("apology_down") in line.ears.said
    ticket = await line.stores.tickets.get(record.ticket_number)
    assert "停车费" in ticket["problem"]


async def test_a_caller_who_hangs_up_in_danger_is_called_back(line: Line) -> None:
    """EMG-003: hanging up is not giving up."""
    await line.say("我家着火了")
    handoff_id = line.call.handoff_id
    await line.call.end("caller_hung_up")
    record = await line.stores.ledger.get(handoff_id)
    assert record.state is HandoffState.CALLBACK_DUE
    ticket = await line.stores.tickets.get(record.ticket_number)
    assert ticket["promises"][-1]["what"] == "回拨业主"
    assert ticket["promises"][-1]["kept_at"] is None
    assert (await line.events())[-1] == "call.ended"


async def test_a_repair_that_was_being_taken_down_is_kept(line: Line) -> None:
    """The line breaks in the middle of the form."""
    line.engine.answer = lambda text: {
        "messages": [{"text": "请问怎么称呼您？"}],
        "active_form": "repair_form",
        "slots": {"problem": "水管漏水", "building": "5", "category": "leak"},
    }
    await line.say("五栋水管漏水")
    await line.call.end("caller_hung_up")
    (ticket,) = await line.stores.tickets.of_call(line.call.call_id)
    assert (ticket["category"], ticket["status"]) == (Category.LEAK, Status.INCOMPLETE)
    assert (ticket["building"], ticket["phone"]) == ("5", "13812345678")


async def test_zero_asks_for_a_person(line: Line) -> None:
    """A key works where speech fails."""
    await line.call.hear_digit("0")
    assert line.call.mode is CallMode.WAITING
    assert "dtmf" in await line.events()


async def test_voice_without_words_is_reprompted_and_then_put_through(line: Line) -> None:
    """No dead air, and no endless loop."""
    not_heard = line.services.community.phrase("not_heard")
    for _ in range(2):
        await line.say("")
        assert line.ears.said[-1] == not_heard
    await line.say("")
    record = await line.stores.ledger.get(line.call.handoff_id)
    assert record.reason == HandoffReason.NOT_UNDERSTOOD


async def test_a_listening_noise_over_the_bot_is_no_answer(line: Line) -> None:
    """嗯 while the bot speaks must not be taken for a turn."""
    await line.call.hear_turn(_backchannel())
    turn = next(e for e in await line.timeline() if e.name == "caller.turn")
    assert turn.data["intent"] == "backchannel"
    assert line.engine.heard == []


async def test_an_old_answer_is_not_spoken_but_its_request_stands(line: Line) -> None:
    """After an interruption the words are stale, the action is not."""
    line.engine.hold.clear()
    line.engine.answer = lambda text: {"messages": [{"text": f"答：{text}"}]}
    await line.call.hear_turn(_turn("第一句话是什么"))
    async with asyncio.timeout(5):
        while not line.engine.heard:
            await asyncio.sleep(0)
    await line.call.hear_turn(_turn("第二句话是什么"))
    line.ears.done.clear()
    line.engine.hold.set()
    async with asyncio.timeout(5):
        await line.ears.done.wait()
    assert "答：第二句话是什么" in line.ears.said
    assert "答：第一句话是什么" not in line.ears.said
    assert line.engine.heard == ["第一句话是什么", "第二句话是什么"]


def _turn(text: str):  # type: ignore[no-untyped-def]
    from voice_gateway.pipeline.frames import Turn

    return Turn(text)


def _backchannel():  # type: ignore[no-untyped-def]
    from voice_gateway.pipeline.frames import Turn

    return Turn("嗯", over_bot=True)


async def test_a_caller_who_leaves_while_the_case_is_stored_is_called_back(line: Line) -> None:
    """The stores answer after the hang-up; the case must not keep waiting for a voice."""
    await line.call.hear_interim("我家着火了", (), 0.0)
    await line.call.end("caller_hung_up")
    async with asyncio.timeout(5):
        while line.call.handoff_id == "":
            await asyncio.sleep(0.01)
        while (await line.stores.ledger.get(line.call.handoff_id)).state != "callback_due":
            await asyncio.sleep(0.01)
    names = await line.events()
    assert "ticket.filed" in names


async def test_a_cry_and_a_hang_up_in_the_same_moment_are_a_case(line: Line) -> None:
    """The turn in hand, or still in the queue, is looked at when the line breaks."""
    line.engine.hold.clear()
    await line.call.hear_turn(Turn("物业费怎么收的"))
    await line.call.hear_turn(Turn("我家着火了快来人"))
    await line.call.end("caller_hung_up")
    (record,) = await line.stores.ledger.open()
    assert (record.kind, record.priority) == ("fire", 0)
    assert record.state is HandoffState.CALLBACK_DUE
    ticket = await line.stores.tickets.get(record.ticket_number)
    assert "我家着火了快来人" in ticket["verbatim"]
    assert "回拨业主" in [promise["what"] for promise in ticket["promises"]]


async def test_a_hang_up_while_the_case_is_stored_files_it_once(line: Line) -> None:
    """What is being stored goes on; nothing is left in the spool to be filed again."""
    await line.call.hear_turn(Turn("我家着火了快来人"))
    async with asyncio.timeout(5):
        while "emergency.detected" not in await line.events():
            await asyncio.sleep(0)
    await line.call.end("caller_hung_up")
    (record,) = await line.stores.ledger.open()
    assert record.state is HandoffState.CALLBACK_DUE
    assert (await line.events()).count("emergency.detected") == 1
    assert len(await line.stores.tickets.of_call(line.call.call_id)) == 1
    assert await file_spooled_emergencies(line.services) == 0


async def test_a_cry_of_a_waiting_caller_who_hangs_up_raises_the_request(line: Line) -> None:
    """The call-back is an emergency's."""
    await line.call.hear_digit("0")
    await line.call.hear_turn(Turn("我家着火了快来人"))
    await line.call.end("caller_hung_up")
    (record,) = await line.stores.ledger.open()
    assert (record.kind, record.priority) == ("fire", 0)
    assert record.state is HandoffState.CALLBACK_DUE


async def test_calls_of_a_killed_gateway_are_called_back_when_it_returns(line: Line) -> None:
    """kill -9 loses the audio, not the case."""
    await line.say("我家着火了快来人")
    handoff_id, call_id = line.call.handoff_id, line.call.call_id
    assert await settle_orphans(line.services) == 1
    record = await line.stores.ledger.get(handoff_id)
    ticket = await line.stores.tickets.get(record.ticket_number)
    last = (await line.timeline())[-1]
    assert record.state is HandoffState.CALLBACK_DUE
    assert ticket["promises"][-1]["what"] == "回拨业主"
    assert (last.name, last.data["reason"]) == ("call.ended", "gateway_lost")
    assert await settle_orphans(line.services) == 0
    assert not await line.stores.redis.sismember("zhiban:calls:active", call_id)


async def test_an_agent_gives_the_caller_back_to_the_bot(line: Line) -> None:
    """The agent's audio is let go before the bot speaks, and the dialogue goes on."""
    await line.say("我家着火了快来人")
    ledger, handoff_id = line.stores.ledger, line.call.handoff_id
    for before, after, reason in (
        (HandoffState.REQUESTED, HandoffState.OFFERED, HandoffReason.RING),
        (HandoffState.OFFERED, HandoffState.ACCEPTED, HandoffReason.AGENT_ANSWERED),
    ):
        await ledger.move(handoff_id, before, after, reason, by="agent-1")
    await line.call.bridged("agent-1")
    assert line.call.mode is CallMode.BRIDGED
    order = {"command": json.dumps({"command": "return_to_bot", "by": "agent-1"})}
    await line.stores.redis.xadd(call_commands(line.call.call_id), order)
    following = asyncio.create_task(follow_commands(line.services, line.call, line.ears))
    async with asyncio.timeout(10):
        await line.call.given_back.wait()
        while line.ears.said[-1] != line.services.community.phrase("returned"):
            await asyncio.sleep(0.01)
    following.cancel()
    assert line.ears.said_at_parting is not None
    assert line.services.community.phrase("returned") not in line.ears.said_at_parting
    await line.say("物业费怎么收的")
    assert line.engine.heard == ["物业费怎么收的"]
