"""The turn channel's contract."""

from __future__ import annotations

import json
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.bot.conftest import LI
from tests.support.rasa_service import DialogueService, post


def test_health_has_parsed_a_sentence(dialogue: DialogueService) -> None:
    with urllib.request.urlopen(f"{dialogue.url}/webhooks/turn/health") as response:
        answer = json.loads(response.read())
    assert answer["status"] == "ok"
    assert answer["intent"] == "leak"


@pytest.mark.parametrize(
    "body",
    [
        {"call_id": "c", "text": ""},
        {"call_id": "c", "text": "   "},
        {"call_id": "", "text": "你好"},
        {"text": "你好"},
        {"call_id": "c", "text": 5},
        {"call_id": "c", "text": "你好", "metadata": "caller"},
        [],
    ],
)
def test_a_bad_turn_is_refused(dialogue: DialogueService, body: object) -> None:
    status, answer = post(f"{dialogue.url}/webhooks/turn/webhook", body)
    assert status == 400
    assert answer["error"]["code"] == "bad_message"
    assert answer["error"]["retryable"] is False


def test_turns_of_one_call_run_in_order(dialogue: DialogueService) -> None:
    """Two at once must neither mix nor wait a second for each other."""
    call = dialogue.call("13812345678", LI)
    call.say("我家马桶堵了")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(call.say, ["再说一遍"] * 4))
    assert len({answer["said"] for answer in answers}) == 1
    assert all(answer["active_form"] == "repair_form" for answer in answers)


def test_calls_do_not_mix(dialogue: DialogueService) -> None:
    calls = [dialogue.call() for _ in range(6)]
    homes = ["五栋二单元幺零零一", "三栋二单元幺二零一", "一栋一单元三零一"] * 2

    def take(index: int) -> dict[str, str]:
        slots: dict[str, str] = calls[index].run("我家马桶堵了", homes[index])[-1]["slots"]
        return slots

    with ThreadPoolExecutor(6) as pool:
        slots = list(pool.map(take, range(6)))
    assert [s["room"] for s in slots] == ["1001", "1201", "301"] * 2


def test_an_injected_emergency_ends_the_form(dialogue: DialogueService) -> None:
    call = dialogue.call("13812345678", LI)
    call.say("我家马桶堵了")
    assert call.inject({"event": "slot", "name": "emergency", "value": "fire"}) == 200
    answer = call.say("你好")
    assert answer["active_form"] is None


def test_an_emergency_injected_before_the_first_turn(dialogue: DialogueService) -> None:
    call = dialogue.call("13812345678", LI)
    assert call.inject({"event": "slot", "name": "emergency", "value": "fire"}) == 200
    answer = call.say("我家马桶堵了")
    assert "五栋二单元幺零零幺" in answer["said"]


@pytest.mark.parametrize("events", [[], [{"event": "nonsense"}], ["slot"], None])
def test_bad_events_are_refused(dialogue: DialogueService, events: object) -> None:
    status, answer = post(
        f"{dialogue.url}/webhooks/turn/event", {"call_id": "c-1", "events": events}
    )
    assert status == 400
    assert answer["error"]["code"] == "bad_message"


def test_text_that_is_not_chinese_gets_no_intent(dialogue: DialogueService) -> None:
    answer = dialogue.call().say("hello world")
    assert answer["intent"] == "nlu_fallback"
    assert "换个说法" in answer["said"]


def test_the_classifier_reports_an_emergency(dialogue: DialogueService) -> None:
    answer = dialogue.call("13812345678", LI).say("我家着火了快来人")
    assert answer["emergency"]["kind"] == "fire"
    assert answer["messages"]


def test_entities_are_normalised(dialogue: DialogueService) -> None:
    answer = dialogue.call().say("五栋二单元幺零零幺李先生电话一三八一二三四五六七八")
    found = {entity["entity"]: entity["value"] for entity in answer["entities"]}
    assert found == {
        "building": "5",
        "unit": "2",
        "room": "1001",
        "caller_name": "李先生",
        "phone": "13812345678",
    }
