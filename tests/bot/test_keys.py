"""Room and telephone number by keypad, where speech fails twice (DTMF)."""

from __future__ import annotations

from tests.bot.conftest import LI, ReadTicket
from tests.support.rasa_service import DialogueService

_UNCLEAR = ("呜哩哇啦", "嘟嘟哔哔")


def test_room_and_number_by_keys_become_a_ticket(
    dialogue: DialogueService, read_ticket: ReadTicket
) -> None:
    call = dialogue.call()
    call.run("我家马桶堵了", "五栋二单元")
    asked = call.run(*_UNCLEAR)[-1]
    assert "键盘按一下房号" in asked["said"]
    assert asked["expects"] == "address"
    entered = call.press("1001")
    assert entered["slots"]["room"] == "1001"
    assert call.say("我姓李")["expects"] == "phone"
    phone = call.run(*_UNCLEAR)[-1]
    assert "键盘按一下联系电话" in phone["said"]
    assert phone["expects"] == "phone"
    assert call.press("13812345678")["slots"]["phone"] == "13812345678"
    read = call.say("明天上午")
    for part in ("五栋二单元幺零零幺", "幺三八，幺二三四，五六七八"):
        assert part in read["said"], "read back like what was spoken"
    ticket = read_ticket(call.say("对")["slots"]["ticket_number"])
    assert (ticket["building"], ticket["unit"], ticket["room"]) == ("5", "2", "1001")
    assert ticket["phone"] == "13812345678"


def test_wrong_keys_are_asked_for_once_more(dialogue: DialogueService) -> None:
    call = dialogue.call()
    call.run("我家马桶堵了", "五栋二单元", *_UNCLEAR)
    again = call.press("9999")
    assert "没有查到您按的房号" in again["said"]
    assert again["expects"] == "address"
    assert "room" not in again["slots"]
    given_up = call.press("9998")
    assert given_up["handoff"]["reason"] == "not_understood"


def test_keys_answer_before_they_are_asked_for(dialogue: DialogueService) -> None:
    call = dialogue.call()
    call.run("我家马桶堵了", "五栋二单元")
    assert call.press("1001")["slots"]["room"] == "1001"


def test_keys_correct_the_read_back(dialogue: DialogueService) -> None:
    call = dialogue.call("13812345678", LI)
    call.run("空调不制冷了", "是的", "客厅", "明天上午")
    changed = call.press("1002")
    assert "五栋二单元幺零零二" in changed["said"]
    changed = call.press("13900139000")
    assert "幺三九，零零幺三，九零零零" in changed["said"]
    assert changed["expects"] == "yes_no"


def test_keys_that_answer_nothing_leave_the_question_open(dialogue: DialogueService) -> None:
    call = dialogue.call()
    asked = call.run("我家马桶堵了", "五栋二单元幺零零一")[-1]
    assert asked["expects"] == "name"
    again = call.press("7")
    assert again["said"] == asked["said"]
    assert again["expects"] == "name"


def test_a_caller_who_types_is_not_asked_for_keys(dialogue: DialogueService) -> None:
    call = dialogue.call(channel="web")
    asked = call.run("我家马桶堵了", "五栋二单元", *_UNCLEAR)[-1]
    assert "键盘" not in asked["said"]
