"""Surveys: an agent leaves a caller to the bot's questions, or the bot calls the owner by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.conference.conftest import Floor, OpenFloor
from tests.conference.support import BOT_HZ, CALLER_HZ, OWNER_HZ, Line, pitches
from tests.handoff.support import events_of, wait_for_event, wait_for_state
from tests.support.dialled import Behaviour, Exchange, fails
from tests.support.stores import Stores
from zhiban import redis_keys
from zhiban.calls.surveys import note_answer, survey_of
from zhiban.clock import iso_ms, utc_now
from zhiban.dialling import LegEventName, Outcome
from zhiban.handoffs import HandoffState
from zhiban.tickets import Category, Promise, Status, TicketDraft
from zhiban.tickets.satisfaction import Survey
from zhiban.timeline import EventName

OWNER = "13812345678"
VOICES = {"bot": BOT_HZ, "agent": OWNER_HZ, "caller": CALLER_HZ}
FOLLOW_UP = Promise("不满意跟进：1个工作日内联系", "2030-01-02T10:00:00.000Z")
_GOODBYE = {"messages": [{"text": "感谢您的评价，祝您生活愉快，再见。"}], "end_call": True}


async def _handed_over(open_floor: OpenFloor) -> tuple[Floor, str, str]:
    """Let an agent talk with a caller, then leave them to the bot; return ticket and call."""
    floor = await open_floor()
    await floor.ask_for_person()
    await floor.bridge()
    record = await floor.stores.ledger.get(floor.handoff_id)
    await floor.act("agent", "survey")
    return floor, record.ticket_number, record.call_id


async def _finished(stores: Stores, status: Status = Status.DONE, phone: str = OWNER) -> str:
    draft = TicketDraft(
        category=Category.LEAK,
        problem="厨房水管漏水",
        building="5",
        unit="2",
        room="1001",
        caller_name="李明",
        phone=phone,
    )
    ticket = await stores.tickets.file(draft, by="bot", allow_incomplete=True)
    await stores.tickets.change(ticket["number"], {"status": status.value}, by="agent")
    return str(ticket["number"])


async def _press(floor: Floor, number: str, user: str = "leader") -> tuple[int, dict[str, Any]]:
    return await floor.people[user].post(f"/api/tickets/{number}/survey")


async def _ended(stores: Stores, call_id: str) -> dict[str, Any]:
    return await wait_for_event(stores, call_id, EventName.SURVEY_ENDED)


async def _hears_bot(line: Line) -> None:
    while "bot" not in pitches(await line.newest(0.3), line.sample_rate, VOICES):
        pass


class TestHandedOver:
    """A call that an agent leaves to the bot."""

    async def test_the_bot_asks_and_a_key_answers_at_once(self, open_floor: OpenFloor) -> None:
        floor, number, call_id = await _handed_over(open_floor)
        agent = floor.lines["agent"]
        assert (await agent.noted("ended"))["reason"] == "returned"
        await _hears_bot(floor.caller)
        (started,) = floor.engine.started
        slot = started["slots"]["survey"]
        assert (started["call_id"], started["action"]) == (call_id, "action_survey")
        wanted = {"ticket": number, "by": "agent", "called": False, "keys": False}
        assert wanted.items() <= slot.items()
        record = await wait_for_state(floor.stores, floor.handoff_id, HandoffState.CLOSED)
        assert record.reason == "survey"
        floor.engine.answer = lambda text: _GOODBYE
        await floor.caller.tell({"type": "dtmf", "digit": "1"})
        # A number that others may follow would be waited for five seconds.
        assert (await floor.caller.noted("ended"))["reason"] == "completed"
        body = floor.engine.bodies[-1]
        assert (body["text"], body["metadata"]["keys"]) == ("1", True)

    async def test_an_owner_who_was_called_back_answers_by_keys(
        self, open_floor: OpenFloor, exchange: Exchange
    ) -> None:
        """The call-back by telephone ends in the survey, in the same call."""
        floor = await open_floor()
        await floor.ask_for_help()
        await floor.caller.tell({"type": "hangup"})
        await wait_for_state(floor.stores, floor.handoff_id, HandoffState.CALLBACK_DUE)
        await floor.act("agent", "claim")
        answer = await floor.act("agent", "call_back")
        agent = await floor.connect("agent", answer["bridge_url"])
        phone = await exchange.telephone()
        await phone.answer()
        await wait_for_state(floor.stores, floor.handoff_id, HandoffState.BRIDGED)
        await floor.act("agent", "survey")
        assert (await agent.noted("ended"))["reason"] == "returned"
        await _hears_bot(phone.line)
        assert floor.engine.started[0]["slots"]["survey"]["keys"]
        floor.engine.answer = lambda text: _GOODBYE
        await phone.press("2")
        assert (await phone.told("ended"))["reason"] == "completed"
        assert floor.engine.heard == ["2"]

    async def test_danger_in_a_survey_is_put_through_like_any(self, open_floor: OpenFloor) -> None:
        floor, number, call_id = await _handed_over(open_floor)
        await _hears_bot(floor.caller)
        first = floor.handoff_id
        await floor.ask_for_help("我家着火了快来人")
        assert floor.handoff_id != first
        assert floor.engine.heard == [], "danger goes past the dialogue"
        detected = await wait_for_event(floor.stores, call_id, EventName.EMERGENCY_DETECTED)
        assert detected["kind"] == "fire"
        await floor.bridge()
        await floor.act("agent", "command", command="hangup")
        ended = await _ended(floor.stores, call_id)
        assert (ended["ticket_number"], ended["outcome"]) == (number, "broken_off")

    async def test_an_owner_who_hangs_up_unsatisfied_is_called_back(
        self, open_floor: OpenFloor
    ) -> None:
        """What is said counts at once; the desk has them on its list by the time they were told."""
        floor, number, call_id = await _handed_over(open_floor)
        await _hears_bot(floor.caller)
        stores, begun = floor.stores, Survey(call_id, "agent", iso_ms(utc_now()))
        await note_answer(
            stores, number, begun, lambda survey: replace(survey, solved=False), FOLLOW_UP
        )
        await floor.caller.tell({"type": "hangup"})
        ended = await _ended(stores, call_id)
        assert (ended["outcome"], ended["solved"]) == ("broken_off", False)
        desk = floor.people["agent2"]
        due = [HandoffState.CALLBACK_DUE.value]
        await desk.until(
            lambda: [v["state"] for v in desk.board.values() if v["kind"] == "unsatisfied"] == due
        )
        (view,) = (v for v in desk.board.values() if v["kind"] == "unsatisfied")
        assert (view["ticket_number"], view["title"]) == (number, "回访不满意")
        assert view["due_at"] == FOLLOW_UP.due_at
        survey = survey_of(await stores.tickets.get(number), call_id)
        assert survey is not None
        assert survey.follow_up_by == FOLLOW_UP.due_at

    async def test_without_dialogue_the_caller_is_thanked_and_let_go(
        self, open_floor: OpenFloor
    ) -> None:
        floor = await open_floor()
        floor.engine.opening = None
        await floor.ask_for_person()
        await floor.bridge()
        record = await floor.stores.ledger.get(floor.handoff_id)
        await floor.act("agent", "survey")
        assert (await floor.caller.noted("ended"))["reason"] == "completed"
        assert (await _ended(floor.stores, record.call_id))["outcome"] == "failed"

    async def test_only_who_talks_can_hand_over(self, open_floor: OpenFloor) -> None:
        floor = await open_floor()
        await floor.ask_for_person()
        assert (await floor.people["agent2"].act(floor.handoff_id, "survey"))[0] == 403
        await floor.bridge()
        assert (await floor.people["agent2"].act(floor.handoff_id, "survey"))[0] == 403
        assert floor.engine.started == []


class TestCalled:
    """An owner whom the bot calls."""

    async def test_the_owner_is_rung_and_asked(
        self, open_floor: OpenFloor, exchange: Exchange
    ) -> None:
        floor = await open_floor()
        number = await _finished(floor.stores)
        status, answer = await _press(floor, number)
        assert status == 200, answer
        phone = await exchange.telephone()
        assert phone.order.to == OWNER
        assert (await _press(floor, number))[0] == 409, "their telephone rings already"
        (started,) = floor.engine.started
        slot = started["slots"]["survey"]
        assert {"ticket": number, "by": "leader", "called": True}.items() <= slot.items()
        await phone.answer()
        await _hears_bot(phone.line)
        floor.engine.answer = lambda text: _GOODBYE
        await phone.press("2")
        assert (await phone.told("ended"))["reason"] == "completed"
        assert floor.engine.heard == ["2"]
        call_id = answer["call_id"]
        begun = await wait_for_event(floor.stores, call_id, EventName.CALL_STARTED)
        assert (begun["channel"], begun["ticket_number"]) == ("survey", number)
        ended = await _ended(floor.stores, call_id)
        assert (ended["ticket_number"], ended["by"]) == (number, "leader")
        (dialled,) = await events_of(floor.stores, call_id, EventName.SURVEY_DIALLING)
        assert dialled["to"] == "138****5678"
        while await floor.stores.redis.exists(redis_keys.survey(number)):
            await phone.line.newest(0.05)

    @pytest.mark.parametrize(
        ("behave", "outcome"),
        [
            (fails(Outcome.BUSY, 486), "busy"),
            (fails(Outcome.NO_ANSWER, 0, LegEventName.RINGING), "no_answer"),
            (fails(Outcome.EARLY_MEDIA, 480, LegEventName.EARLY_MEDIA), "announcement"),
        ],
    )
    async def test_an_owner_who_is_not_reached_can_be_tried_again(
        self, open_floor: OpenFloor, exchange: Exchange, behave: Behaviour, outcome: str
    ) -> None:
        exchange.behaviour[OWNER] = behave
        floor = await open_floor()
        number = await _finished(floor.stores)
        _, answer = await _press(floor, number)
        assert (await _ended(floor.stores, answer["call_id"]))["outcome"] == outcome
        ticket = await floor.stores.tickets.get(number)
        assert [one["outcome"] for one in ticket["details"]["surveys"]] == [outcome]
        assert ticket["satisfaction"] == ""
        while (await _press(floor, number))[0] == 409:
            pass  # it is written a moment before the ticket is free
        await exchange.telephone(2)

    async def test_without_dialogue_nobody_is_rung(
        self, open_floor: OpenFloor, exchange: Exchange
    ) -> None:
        floor = await open_floor()
        floor.engine.opening = None
        _, answer = await _press(floor, await _finished(floor.stores))
        assert (await _ended(floor.stores, answer["call_id"]))["outcome"] == "failed"
        assert exchange.rung == []

    async def test_only_a_finished_ticket_with_a_number(
        self, open_floor: OpenFloor, exchange: Exchange
    ) -> None:
        floor = await open_floor()
        assert (await _press(floor, await _finished(floor.stores, Status.DISPATCHED)))[0] == 409
        assert (await _press(floor, await _finished(floor.stores, phone="")))[0] == 400
        assert (await _press(floor, "RP20000101001"))[0] == 404
        assert exchange.rung == []

    async def test_without_a_line_the_desk_is_told(self, open_floor: OpenFloor) -> None:
        floor = await open_floor()
        status, answer = await _press(floor, await _finished(floor.stores))
        assert (status, answer["error"]["code"]) == (503, "no_line")
