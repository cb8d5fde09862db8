"""Repairs over the turn channel (spec 6.1)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.bot.conftest import LI, ReadTicket
from tests.support.rasa_service import DialogueService


def test_the_sample_call(dialogue: DialogueService, read_ticket: ReadTicket) -> None:
    call = dialogue.call()
    first = call.say("喂你好，我家厨房水管漏水了，要人来修")
    assert (first["intent"], first["active_form"], first["expects"]) == (
        "leak",
        "repair_form",
        "address",
    )
    second = call.say("五栋二单元幺零零一，李先生")
    assert "厨房的哪个位置" in second["said"]
    third = call.say("水槽下面的管道，滴得快，地上已经有一小滩水")
    assert "关上总阀门" in third["said"]
    assert third["expects"] == "phone"
    fourth = call.say("一三八一二三四五六七八")
    assert fourth["expects"] == "time"
    fifth = call.say("我现在就在家")
    assert fifth["expects"] == "yes_no"
    for part in ("五栋二单元幺零零幺", "李先生", "幺三八，幺二三四，五六七八", "漏水", "现在"):
        assert part in fifth["said"]
    done = call.say("对的")
    assert done["active_form"] is None
    assert "十五分钟内响应" in done["said"]
    number = done["slots"]["ticket_number"]
    shown = [m["custom"]["display"] for m in done["messages"] if "custom" in m]
    assert shown == [number]

    ticket = read_ticket(number)
    expected = {
        "category": "leak",
        "urgency": "urgent",
        "status": "open",
        "department": "工程部",
        "building": "5",
        "unit": "2",
        "room": "1001",
        "caller_name": "李先生",
        "phone": "13812345678",
        "call_id": call.call_id,
    }
    assert {name: ticket[name] for name in expected} == expected
    assert "厨房" in ticket["place"]
    assert "水管漏水" in ticket["problem"]
    assert "一小滩水" in ticket["problem"]
    assert ticket["available_time"]
    assert len(ticket["verbatim"]) == 6
    due = datetime.fromisoformat(ticket["promises"][0]["due_at"])
    filed = datetime.fromisoformat(ticket["created_at"])
    assert abs(due - filed - timedelta(minutes=15)) < timedelta(seconds=5)


def test_the_calling_number_fills_home_and_name(
    dialogue: DialogueService, read_ticket: ReadTicket
) -> None:
    call = dialogue.call("13812345678", LI)
    first = call.say("卫生间马桶堵了")
    assert first["said"] == "请问您是五栋二单元幺零零幺的李先生吗？"
    assert first["expects"] == "yes_no"
    second = call.say("是的")
    assert second["expects"] == "time"
    call.say("明天上午")
    number = call.say("对")["slots"]["ticket_number"]
    ticket = read_ticket(number)
    home = (ticket["building"], ticket["unit"], ticket["room"], ticket["caller_name"])
    assert home == ("5", "2", "1001", "李明")
    assert ticket["phone"] == "13812345678"
    assert ticket["urgency"] == "normal"


def test_somebody_else_calls_from_that_number(
    dialogue: DialogueService, read_ticket: ReadTicket
) -> None:
    call = dialogue.call("13812345678", LI)
    call.run("水龙头坏了", "不是", "三栋二单元八零二，我姓王", "厨房")
    asked = call.run("可以")[0]
    assert asked["slots"]["phone"] == "13812345678"
    number = call.run("后天下午", "对")[-1]["slots"]["ticket_number"]
    ticket = read_ticket(number)
    assert (ticket["building"], ticket["room"], ticket["caller_name"]) == ("3", "802", "王")


def test_corrections_at_the_read_back(dialogue: DialogueService, read_ticket: ReadTicket) -> None:
    call = dialogue.call("13812345678", LI)
    call.run("空调不制冷了", "是的", "客厅", "明天上午")
    wrong = call.say("不对")
    assert "哪里需要改" in wrong["said"]
    changed = call.say("是一零零二")
    assert "五栋二单元幺零零二" in changed["said"]
    assert changed["expects"] == "yes_no"
    asked = call.say("电话不对")
    assert asked["expects"] == "phone"
    again = call.say("幺三九零零幺三九零零零")
    assert "幺三九，零零幺三，九零零零" in again["said"]
    ticket = read_ticket(call.say("对的")["slots"]["ticket_number"])
    assert (ticket["room"], ticket["phone"]) == ("1002", "13900139000")


def test_a_correction_in_mid_form(dialogue: DialogueService) -> None:
    call = dialogue.call()
    call.run("马桶堵了", "五栋二单元幺零零一我姓李")
    corrected = call.say("不对是一零零二")
    assert corrected["slots"]["room"] == "1002"
    assert corrected["active_form"] == "repair_form"


def test_a_question_in_mid_form_is_answered_and_the_form_resumes(
    dialogue: DialogueService,
) -> None:
    call = dialogue.call("13812345678", LI)
    asked = call.run("马桶堵了", "是的")[-1]
    answered = call.say("装修押金多少钱")
    assert "两千元" in answered["said"]
    assert answered["said"].endswith(asked["said"])
    assert (answered["active_form"], answered["expects"]) == ("repair_form", asked["expects"])
    resumed = call.say("明天上午")
    assert resumed["slots"]["available_time"] == "明天上午"


def test_repeat_says_the_last_question_again(dialogue: DialogueService) -> None:
    call = dialogue.call()
    asked = call.say("我家马桶堵了")
    repeated = call.say("不好意思没听清再说一遍")
    assert repeated["said"] == asked["said"]
    assert repeated["expects"] == asked["expects"]


@pytest.mark.parametrize(
    ("turns", "kind"),
    [
        (("卫生间漏水", "五栋二单元幺零零一我姓李", "往外喷关不住了"), "burst_pipe"),
        (("厨房漏水", "五栋二单元幺零零一我姓李", "已经漏到楼下了"), "burst_pipe"),
        (("电梯坏了", "里面有人"), "elevator_trapped"),
        (("我家没电了", "有焦味"), "electric_hazard"),
    ],
)
def test_a_repair_that_turns_out_dangerous(
    dialogue: DialogueService, turns: tuple[str, ...], kind: str
) -> None:
    last = dialogue.call().run(*turns)[-1]
    assert last["emergency"]["kind"] == kind
    assert last["emergency"]["action"] == "transfer"
    assert last["active_form"] is None


def test_two_matters_in_one_breath(dialogue: DialogueService, read_ticket: ReadTicket) -> None:
    call = dialogue.call("13812345678", LI)
    first = call.say("厨房漏水了还有物业费怎么交")
    assert first["active_form"] == "repair_form"
    assert "物业费怎么交" in first["said"]
    done = call.run("是的", "水槽下面滴得快", "现在", "对")[-1]
    assert "小程序" in done["said"]
    ticket = read_ticket(done["slots"]["ticket_number"])
    assert ticket["category"] == "leak"
    assert ticket["details"]["also"] == ["物业费怎么交"]


def test_taking_it_back(dialogue: DialogueService) -> None:
    call = dialogue.call()
    call.say("我家马桶堵了")
    cancelled = call.say("算了不报了")
    assert cancelled["active_form"] is None
    assert "ticket_number" not in cancelled["slots"]
    assert call.say("没有了")["end_call"]


def test_hanging_up_in_mid_form_keeps_what_was_said(
    dialogue: DialogueService, read_ticket: ReadTicket
) -> None:
    call = dialogue.call("13812345678", LI)
    left = call.run("我家马桶堵了", "我先挂了再见")[-1]
    assert left["end_call"]
    ticket = read_ticket(left["slots"]["ticket_number"])
    assert ticket["status"] == "incomplete"
    assert "马桶堵了" in ticket["problem"]
    assert ticket["phone"] == "13812345678"
    assert ticket["promises"]


def test_a_power_fault_without_danger_is_taken_down(
    dialogue: DialogueService, read_ticket: ReadTicket
) -> None:
    call = dialogue.call("13812345678", LI)
    first = call.say("我家没电了")
    assert "焦味" in first["said"]
    assert first["expects"] == "yes_no"
    done = call.run("没有", "是的", "现在就在家", "对")[-1]
    ticket = read_ticket(done["slots"]["ticket_number"])
    assert (ticket["category"], ticket["urgency"]) == ("power_fault", "normal")


def test_homophones_of_the_recogniser(dialogue: DialogueService, read_ticket: ReadTicket) -> None:
    call = dialogue.call()
    checked = call.run("厨房漏说了", "舞栋二单元妖零零一")[-1]
    assert checked["said"] == "您说的是五栋二单元幺零零幺，对吗？"
    texts = ["对", "水槽下面滴得快", "我姓李", "腰三八幺二三四五六七八", "今天下午三点", "对"]
    ticket = read_ticket(call.run(*texts)[-1]["slots"]["ticket_number"])
    assert (ticket["building"], ticket["unit"], ticket["room"]) == ("5", "2", "1001")
    assert ticket["phone"] == "13812345678"
