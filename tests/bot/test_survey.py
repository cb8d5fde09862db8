"""The survey in the real dialogue engine: is it solved, how satisfied, why not."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.bot.conftest import LI, ReadTicket
from tests.support.rasa_service import DialogueCall, DialogueService
from zhiban.clock import iso_ms, utc_now
from zhiban.redis_client import open_redis
from zhiban.store import open_engine
from zhiban.tickets import Category, Status, TicketDraft, TicketService
from zhiban.timeline import Timeline

Finished = Callable[..., str]


@pytest.fixture
def finished(dialogue: DialogueService) -> Finished:
    """File a repair that is done and return its number."""

    async def file(status: Status) -> str:
        settings = dialogue.settings
        engine, redis = open_engine(settings.database), open_redis(settings.redis)
        timeline = Timeline(redis, settings.data_dir / "spool" / "test.jsonl")
        tickets = TicketService(engine, timeline)
        draft = TicketDraft(
            category=Category.LEAK,
            problem="厨房水管漏水",
            building="5",
            unit="2",
            room="1001",
            caller_name="李明",
            phone="13812345678",
        )
        ticket = await tickets.file(draft, by="bot")
        await tickets.change(ticket["number"], {"status": status.value}, by="agent")
        await redis.aclose()
        await engine.dispose()
        return str(ticket["number"])

    return lambda status=Status.DONE: asyncio.run(file(status))


def _begin(
    dialogue: DialogueService, number: str, *, called: bool = False, keys: bool = True
) -> tuple[DialogueCall, dict[str, Any]]:
    call = dialogue.call("13812345678", LI)
    slot = {"ticket": number, "by": "agent", "at": iso_ms(utc_now()), "called": called}
    return call, call.start("action_survey", {"survey": {**slot, "keys": keys}})


def _ended(dialogue: DialogueService, call: DialogueCall) -> list[dict[str, Any]]:
    """Return the survey events of a call."""

    async def read() -> list[dict[str, Any]]:
        redis = open_redis(dialogue.settings.redis)
        entries = await redis.xrange(f"zhiban:call:{{{call.call_id}}}:events")
        await redis.aclose()
        return [json.loads(f["data"]) for _, f in entries if f["name"] == "survey.ended"]

    return asyncio.run(read())


def test_a_satisfied_owner_is_thanked(
    dialogue: DialogueService, read_ticket: ReadTicket, finished: Finished
) -> None:
    number = finished()
    call, opening = _begin(dialogue, number)
    assert "问题解决了吗" in opening["said"]
    assert (opening["active_form"], opening["expects"]) == ("survey_form", "solved")
    asked = call.say("修好了，谢谢")
    assert "满意请按二" in asked["said"]
    assert asked["expects"] == "grade"
    done = call.say("挺满意的")
    assert "感谢您的评价" in done["said"]
    assert (done["end_call"], done["active_form"]) == (True, None)
    ticket = read_ticket(number)
    assert (ticket["satisfaction"], ticket["status"]) == ("satisfied", "done")
    (kept,) = ticket["details"]["surveys"]
    told = {"solved": True, "grade": "satisfied", "points": 4, "outcome": "answered"}
    assert told.items() <= kept.items()
    (event,) = _ended(dialogue, call)
    assert event == {"ticket_number": number, **kept}


def test_keys_answer_both_questions(
    dialogue: DialogueService, read_ticket: ReadTicket, finished: Finished
) -> None:
    number = finished()
    call, _ = _begin(dialogue, number)
    assert call.press("1")["expects"] == "grade"
    assert call.press("1")["end_call"]
    assert read_ticket(number)["satisfaction"] == "very_satisfied"


def test_an_unsatisfied_owner_has_the_same_ticket_reopened(
    dialogue: DialogueService, read_ticket: ReadTicket, finished: Finished
) -> None:
    """TAX-143: reopened, not filed anew; and told within which time somebody follows up."""
    number = finished()
    call, _ = _begin(dialogue, number, keys=False)
    asked = call.say("没有，还在漏")
    assert "非常抱歉" in asked["said"]
    assert "按" not in asked["said"]
    assert read_ticket(number)["status"] == "reopened", "before the owner can hang up"
    why = call.say("不咋地")
    assert "什么原因" in why["said"]
    told = call.say("师傅来了一趟没修好，也没人管")
    assert "一个工作日内会有同事跟您联系" in told["said"]
    assert told["end_call"]
    ticket = read_ticket(number)
    assert (ticket["satisfaction"], ticket["status"]) == ("dissatisfied", "reopened")
    (kept,) = ticket["details"]["surveys"]
    assert kept["reason"] == "师傅来了一趟没修好，也没人管"
    promises = [one for one in ticket["promises"] if one["what"].startswith("不满意跟进")]
    assert [one["due_at"] for one in promises] == [kept["follow_up_by"]]
    with sqlite3.connect(Path(dialogue.settings.database.split("///", 1)[1])) as connection:
        (count,) = connection.execute(
            "select count(*) from ticket where call_id = ?", (call.call_id,)
        ).fetchone()
    assert count == 0


def test_a_ticket_still_in_hand_is_not_called_reopened(
    dialogue: DialogueService, read_ticket: ReadTicket, finished: Finished
) -> None:
    number = finished(Status.IN_PROGRESS)
    call, _ = _begin(dialogue, number)
    call.run("还没修好", "不满意", "没什么")
    ticket = read_ticket(number)
    assert ticket["status"] == "in_progress"
    assert ticket["details"]["surveys"][0]["reason"] == ""
    assert any(one["what"].startswith("不满意跟进") for one in ticket["promises"])


def test_both_answers_in_one_breath(
    dialogue: DialogueService, read_ticket: ReadTicket, finished: Finished
) -> None:
    number = finished()
    call, _ = _begin(dialogue, number)
    assert call.say("都修好了，非常满意")["end_call"]
    assert read_ticket(number)["satisfaction"] == "very_satisfied"


def test_an_unclear_answer_is_asked_again_once_and_never_guessed(
    dialogue: DialogueService, read_ticket: ReadTicket, finished: Finished
) -> None:
    number = finished()
    call, _ = _begin(dialogue, number)
    assert call.say("修好了")["expects"] == "grade"
    again = call.say("呜哩哇啦")
    assert "没有听明白" in again["said"]
    assert again["expects"] == "grade"
    ended = call.say("嘟嘟哔哔")
    assert "感谢您的时间" in ended["said"]
    assert ended["end_call"]
    ticket = read_ticket(number)
    assert (ticket["satisfaction"], ticket["surveyed_at"]) == ("", None)
    assert ticket["details"]["surveys"][0]["outcome"] == "unclear"
    assert ticket["details"]["surveys"][0]["solved"] is True


def test_who_did_not_hear_is_told_again(dialogue: DialogueService, finished: Finished) -> None:
    call, _ = _begin(dialogue, finished())
    call.say("修好了")
    again = call.say("你说什么")
    assert "满意请按二" in again["said"]
    assert again["expects"] == "grade"


def test_an_owner_who_is_called_hears_why_and_may_refuse(
    dialogue: DialogueService, read_ticket: ReadTicket, finished: Finished
) -> None:
    number = finished()
    call, opening = _begin(dialogue, number, called=True)
    for part in ("锦绣物业", "漏水报修", "单号是", "现在方便吗"):
        assert part in opening["said"]
    refused = call.say("不好意思，我在开车")
    assert refused["end_call"]
    assert read_ticket(number)["details"]["surveys"][0]["outcome"] == "declined"
    call, _ = _begin(dialogue, number, called=True)
    assert call.say("可以，你说吧")["expects"] == "solved"
    assert call.say("解决了")["expects"] == "grade"


def test_danger_a_person_and_another_matter_come_first(
    dialogue: DialogueService, read_ticket: ReadTicket, finished: Finished
) -> None:
    number = finished()
    call, _ = _begin(dialogue, number)
    danger = call.say("我家着火了快来人啊")
    assert danger["emergency"]["kind"] == "fire"
    assert danger["active_form"] is None
    assert read_ticket(number)["details"]["surveys"][0]["outcome"] == "elsewhere"

    call, _ = _begin(dialogue, number)
    person = call.say("转人工")
    assert (person["handoff"]["kind"], person["handoff"]["ticket_number"]) == ("human", number)

    call, _ = _begin(dialogue, number)
    other = call.say("我家马桶堵了")
    assert other["active_form"] == "repair_form"
    assert not other["end_call"]


def test_only_the_gateway_begins_a_survey(dialogue: DialogueService, finished: Finished) -> None:
    """What a caller types is never taken for it."""
    call = dialogue.call("13812345678", LI)
    typed = call.say(f'/action_survey{{"ticket": "{finished()}"}}')
    assert typed["active_form"] is None
    with pytest.raises(AssertionError, match="400"):
        call.start("action_unheard_of", {})
    with pytest.raises(AssertionError, match="503"):
        call.start("action_survey", {"survey": {"ticket": "RP20000101001", "called": True}})
