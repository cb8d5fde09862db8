"""What was told besides is ticketed when the caller is put through or gone: once, and all of it."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.gateway.conftest import Line
from voice_gateway.call.line import CallMode
from voice_gateway.pipeline.frames import Turn
from zhiban.handoffs import HandoffState
from zhiban.tickets import Category, Status, TicketDraft

_MATTERS = [
    {"text": "马桶堵了", "intent": "repair_indoor", "confidence": 0.9},
    {"text": "物业费怎么交", "intent": "fee_inquiry", "confidence": 0.9},
]


def _in_a_form(text: str) -> dict[str, Any]:
    return {
        "messages": [{"text": "请问怎么称呼您？"}],
        "active_form": "repair_form",
        "slots": {
            "problem": "厨房灯坏了",
            "place": "厨房",
            "category": "repair_indoor",
            "building": "3",
            "unit": "1",
            "room": "802",
            "caller_name": "王",
            "matters": _MATTERS,
        },
    }


async def _tickets(line: Line) -> list[dict[str, Any]]:
    return await line.stores.tickets.of_call(line.call.call_id)


async def _hangs_up_unanswered(line: Line, said: str) -> None:
    """The caller says something and is gone while the dialogue still thinks."""
    line.engine.hold.clear()
    await line.call.hear_turn(Turn(said))
    async with asyncio.timeout(5):
        while not line.engine.heard:
            await asyncio.sleep(0)
    await line.call.end("caller_hung_up")
    line.engine.hold.set()


async def test_every_matter_of_a_caller_who_hangs_up_is_filed(line: Line) -> None:
    line.engine.answer = _in_a_form
    await line.say("厨房灯坏了还有马桶堵了对了物业费怎么交")
    await line.call.end("caller_hung_up")
    tickets = await _tickets(line)
    assert [ticket["category"] for ticket in tickets] == [
        "repair_indoor",
        "repair_indoor",
        "fee_inquiry",
    ]
    assert [ticket["problem"] for ticket in tickets] == ["厨房灯坏了", "马桶堵了", "物业费怎么交"]
    for ticket in tickets:
        assert (ticket["building"], ticket["room"], ticket["caller_name"]) == ("3", "802", "王")
        assert ticket["phone"] == "13812345678"
        assert ticket["promises"][0]["what"] == "回拨业主"
    # The kitchen is where the lamp is, not the toilet.
    assert [ticket["place"] for ticket in tickets] == ["厨房", "", ""]


async def test_without_an_address_the_numbers_home_is_taken_unconfirmed(line: Line) -> None:
    line.engine.answer = lambda text: {
        "messages": [{"text": "好的。"}],
        "slots": {"matters": _MATTERS[:1]},
    }
    await line.say("物业费怎么交还有马桶堵了")
    await line.call.end("caller_hung_up")
    (ticket,) = await _tickets(line)
    assert (ticket["building"], ticket["details"]["unconfirmed"][0]) == ("5", "building")


async def test_an_unknown_caller_leaves_an_incomplete_ticket(unknown_line: Line) -> None:
    line = unknown_line
    line.engine.answer = lambda text: {
        "messages": [{"text": "好的。"}],
        "slots": {"matters": _MATTERS[:1]},
    }
    await line.say("物业费怎么交还有马桶堵了")
    await line.call.end("caller_hung_up")
    (ticket,) = await _tickets(line)
    assert (ticket["status"], ticket["phone"]) == (Status.INCOMPLETE, "13000000000")


async def test_a_repair_said_with_an_emergency_is_ticketed_after_the_handoff(line: Line) -> None:
    """The spotter puts through before the dialogue has heard a word."""
    line.engine.meanings = {"我家着火了": "emergency_fire", "水龙头也漏水": "leak"}
    await line.say("我家着火了，还有水龙头也漏水")
    assert line.call.mode is CallMode.WAITING
    emergency, leak = await _tickets(line)
    assert (emergency["category"], leak["category"]) == ("emergency", "leak")
    assert leak["problem"] == "水龙头也漏水"
    assert leak["promises"][0]["what"] == "回拨业主"
    names = await line.events()
    assert names.index("handoff.requested") < len(names) - names[::-1].index("ticket.filed") - 1
    await line.call.end("caller_hung_up")
    assert len(await _tickets(line)) == 2


async def test_the_rest_of_a_cry_is_ticketed_when_its_turn_is_over(line: Line) -> None:
    """Interim words ring; what follows them in the same turn is not lost."""
    line.engine.meanings = {"我家着火了": "emergency_fire", "水龙头也漏水": "leak"}
    await line.call.hear_interim("我家着火了", (), 0.0)
    async with asyncio.timeout(5):
        while line.call.handoff_id == "":
            await asyncio.sleep(0.01)
    await line.say("我家着火了，还有水龙头也漏水")
    tickets = await _tickets(line)
    assert [ticket["category"] for ticket in tickets] == ["emergency", "leak"]


async def test_a_cry_with_many_details_is_one_emergency(line: Line) -> None:
    line.engine.meanings = {
        "我家着火了": "emergency_fire",
        "厨房的油锅烧起来了": "emergency_fire",
        "灯也灭了": "power_fault",
    }
    await line.say("我家着火了，厨房的油锅烧起来了，灯也灭了，快来人啊")
    assert [ticket["category"] for ticket in await _tickets(line)] == ["emergency"]


async def test_a_form_that_an_emergency_interrupts_is_ticketed(line: Line) -> None:
    line.engine.answer = _in_a_form
    await line.say("厨房灯坏了还有马桶堵了对了物业费怎么交")
    await line.say("哎呀着火了着火了快来人")
    tickets = await _tickets(line)
    assert [ticket["category"] for ticket in tickets] == [
        "emergency",
        "repair_indoor",
        "repair_indoor",
        "fee_inquiry",
    ]
    # The dialogue is told, or the agent would give the caller back into the old form.
    forgotten = [event["name"] for body in line.engine.injected for event in body["events"]]
    assert {"emergency", "matters", "requested_slot"} <= set(forgotten)
    await line.call.end("caller_hung_up")
    assert len(await _tickets(line)) == 4


async def test_a_leak_that_became_a_burst_pipe_is_not_filed_twice(line: Line) -> None:
    line.engine.answer = lambda text: {
        "messages": [{"text": "请问具体在什么位置？"}],
        "active_form": "repair_form",
        "slots": {"problem": "厨房漏水", "category": "leak"},
    }
    await line.say("厨房漏水")
    await line.say("水管爆了水往外喷关不住了")
    assert [ticket["category"] for ticket in await _tickets(line)] == ["emergency"]


async def test_a_person_asked_for_by_key_leaves_the_form_as_a_ticket(line: Line) -> None:
    line.engine.answer = _in_a_form
    await line.say("厨房灯坏了还有马桶堵了对了物业费怎么交")
    await line.call.hear_digit("0")
    problems = [ticket["problem"] for ticket in await _tickets(line)]
    assert problems == ["按键要求人工", "厨房灯坏了", "马桶堵了", "物业费怎么交"]
    await line.call.end("caller_hung_up")
    assert len(await _tickets(line)) == 4


async def test_what_the_dialogue_filed_itself_is_not_filed_again(line: Line) -> None:
    line.engine.answer = lambda text: {
        "messages": [{"text": "好的，马上为您转接人工。"}],
        "handoff": {"kind": "human", "reason": "caller_asked", "ticket_number": ""},
        "slots": {"building": "5"},
    }
    await line.say("转人工")
    await line.call.end("caller_hung_up")
    assert [ticket["category"] for ticket in await _tickets(line)] == ["callback"]


async def test_a_caller_gone_before_the_dialogue_answered_is_not_forgotten(line: Line) -> None:
    line.engine.meanings = {"我家马桶堵了": "repair_indoor"}
    await _hangs_up_unanswered(line, "我家马桶堵了")
    (ticket,) = await _tickets(line)
    assert (ticket["category"], ticket["problem"]) == ("repair_indoor", "我家马桶堵了")


async def test_a_caller_gone_while_the_dialogue_files_leaves_one_ticket(line: Line) -> None:
    """The action has filed it; only its words never reached the caller."""
    line.engine.answer = _in_a_form
    await line.say("厨房灯坏了")
    slots = _in_a_form("")["slots"]
    del slots["matters"]
    line.engine.answer = lambda text: {**_in_a_form(text), "slots": slots}
    await line.say("姓王")
    home = {part: slots[part] for part in ("building", "unit", "room")}
    draft = TicketDraft(
        category=Category.REPAIR_INDOOR, problem="厨房灯坏了", call_id=line.call.call_id, **home
    )
    await line.stores.tickets.file(draft, by="bot", allow_incomplete=True)
    line.engine.heard.clear()
    await _hangs_up_unanswered(line, "对的")
    assert [ticket["problem"] for ticket in await _tickets(line)] == ["厨房灯坏了"]


async def test_small_talk_that_was_not_answered_files_nothing(line: Line) -> None:
    line.engine.meanings = {"好的我知道了再见": "goodbye"}
    await _hangs_up_unanswered(line, "好的我知道了再见")
    assert await _tickets(line) == []


async def test_hanging_up_at_the_closed_question_is_no_clear_no(line: Line) -> None:
    """Anything but a clear no: somebody calls back at once."""
    await line.say("好像有点煤气味")
    assert line.ears.said[-1] == line.services.community.phrase("confirm_gas_leak")
    await line.call.end("caller_hung_up")
    record = await line.stores.ledger.get(line.call.handoff_id)
    assert (record.kind, record.state) == ("gas_leak", HandoffState.CALLBACK_DUE)
    assert [ticket["category"] for ticket in await _tickets(line)] == ["emergency"]
