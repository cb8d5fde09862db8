"""Several matters in one breath: the urgent first, the others in turn, none lost."""

from __future__ import annotations

from typing import Any

from tests.bot.conftest import LI, ReadTicket
from tests.support.rasa_service import DialogueService

Answer = dict[str, Any]


def _waiting(answer: Answer) -> list[str]:
    return [one["text"] for one in answer["slots"].get("matters") or []]


def _filed(service: DialogueService, read_ticket: ReadTicket, call_id: str) -> list[dict[str, Any]]:
    """The call's tickets in the order they were filed."""
    import sqlite3

    path = service.settings.database.split("///", 1)[1]
    with sqlite3.connect(path) as connection:
        rows = connection.execute(
            "select number from ticket where call_id = ? order by created_at, number", (call_id,)
        ).fetchall()
    return [read_ticket(number) for (number,) in rows]


def test_two_repairs_get_a_ticket_each(dialogue: DialogueService, read_ticket: ReadTicket) -> None:
    call = dialogue.call("13812345678", LI)
    first = call.say("我家厨房灯坏了还有马桶堵了")
    assert "您还说到马桶堵了，我也记下了" in first["said"]
    assert _waiting(first) == ["马桶堵了"]
    second = call.run("是的", "明天上午", "对")[-1]
    assert "您刚才还提到马桶堵了" in second["said"]
    # Home, name, telephone and visit are known: only the read-back is left.
    assert second["active_form"] == "repair_form"
    assert (second["expects"], _waiting(second)) == ("yes_no", [])
    for part in ("五栋二单元幺零零幺", "幺三八", "马桶堵了", "明天上午"):
        assert part in second["said"]
    done = call.say("对")
    assert done["said"].endswith("请问还有其他可以帮到您的吗？")
    lamp, toilet = _filed(dialogue, read_ticket, call.call_id)
    assert ("灯坏了" in lamp["problem"], "马桶堵了" in toilet["problem"]) == (True, True)
    for ticket in (lamp, toilet):
        assert (ticket["category"], ticket["status"]) == ("repair_indoor", "open")
        assert (ticket["building"], ticket["room"], ticket["caller_name"]) == ("5", "1001", "李明")
        assert (ticket["available_time"], ticket["phone"]) == ("明天上午", "13812345678")


def test_the_urgent_repair_comes_first_and_a_question_last(
    dialogue: DialogueService, read_ticket: ReadTicket
) -> None:
    call = dialogue.call("13812345678", LI)
    first = call.say("物业费怎么交，还有我家水龙头漏水了，另外客厅的灯不亮")
    assert _waiting(first) == ["客厅的灯不亮", "物业费怎么交"]
    after_leak = call.run("是的", "厨房", "滴得慢", "明天上午", "对")[-1]
    assert "您刚才还提到客厅的灯不亮" in after_leak["said"]
    assert "小程序" not in after_leak["said"]
    done = call.say("对")
    assert "您还问到物业费怎么交。" in done["said"] and "小程序" in done["said"]
    tickets = _filed(dialogue, read_ticket, call.call_id)
    assert [ticket["category"] for ticket in tickets] == ["leak", "repair_indoor"]
    assert tickets[0]["details"]["also"] == ["客厅的灯不亮", "物业费怎么交"]


def test_a_complaint_a_repair_and_a_question_about_fees(
    dialogue: DialogueService, read_ticket: ReadTicket
) -> None:
    call = dialogue.call("13812345678", LI)
    first = call.say("我要投诉楼上装修太吵，另外我家马桶堵了，还想问一下停车位多少钱一个月")
    assert first["active_form"] == "repair_form"
    assert _waiting(first) == ["我要投诉楼上装修太吵", "停车位多少钱一个月"]
    complaint = call.run("是的", "后天上午", "对")[-1]
    assert complaint["active_form"] == "complaint_form"
    assert "您刚才还提到楼上装修太吵" in complaint["said"]
    # The home is not asked for again; since when and what is wished are.
    last = call.run("三天了", "希望你们去说一下")[-1]
    assert "五栋二单元幺零零幺" in last["said"]
    done = call.say("对")
    assert "您还问到停车位多少钱一个月。" in done["said"] and "三百元" in done["said"]
    toilet, noise = _filed(dialogue, read_ticket, call.call_id)
    assert (toilet["category"], noise["category"]) == ("repair_indoor", "complaint_noise")
    assert "三天" in noise["since"]


def test_a_run_on_that_the_classifier_takes_for_one_thing(dialogue: DialogueService) -> None:
    call = dialogue.call("13812345678", LI)
    first = call.say("我家灯不亮了水龙头也漏物业费怎么交")
    assert first["active_form"] == "repair_form"
    assert _waiting(first) == ["我家灯不亮了", "物业费怎么交"]
    assert first["slots"]["category"] == "leak"


def test_questions_are_answered_in_one_turn(dialogue: DialogueService) -> None:
    call = dialogue.call("13812345678", LI)
    answer = call.say("物业费怎么交，还有停车位多少钱一个月")
    assert "小程序" in answer["said"] and "三百元" in answer["said"]
    assert answer["said"].endswith("请问还有其他可以帮到您的吗？")
    assert call.say("没有了")["end_call"]


def test_an_unanswered_question_after_a_repair_is_registered(
    dialogue: DialogueService, read_ticket: ReadTicket
) -> None:
    call = dialogue.call("13812345678", LI)
    call.run("我家马桶堵了，还想问一下二期什么时候交房", "是的", "明天上午")
    asked = call.say("对")
    assert "您刚才还提到二期什么时候交房" in asked["said"]
    assert asked["active_form"] == "request_form"
    call.say("对")
    repair, question = _filed(dialogue, read_ticket, call.call_id)
    assert (repair["category"], question["number"][:2]) == ("repair_indoor", "ZX")
    assert question["phone"] == "13812345678"


def test_matters_brought_up_in_mid_form_wait(
    dialogue: DialogueService, read_ticket: ReadTicket
) -> None:
    call = dialogue.call("13812345678", LI)
    call.say("马桶堵了")
    yes = call.say("是的，对了楼道的灯也不亮")
    assert _waiting(yes) == ["楼道的灯也不亮"]
    assert yes["expects"] == "time"
    assert yes["slots"]["room"] == "1001"
    time = call.say("明天上午，还有物业费怎么交")
    assert _waiting(time) == ["楼道的灯也不亮", "物业费怎么交"]
    assert time["slots"]["available_time"] == "明天上午"
    lamp = call.say("对")
    assert "您刚才还提到楼道的灯也不亮" in lamp["said"]
    done = call.run("三栋一楼", "对")[-1]
    assert "小程序" in done["said"]
    _, public = _filed(dialogue, read_ticket, call.call_id)
    assert (public["category"], public["building"], public["room"]) == ("repair_public", "3", "")
    # Where the lamp hangs is not where the caller lives.
    assert (done["slots"]["building"], done["slots"]["room"]) == ("5", "1001")


def test_an_answer_with_many_clauses_is_one_answer(dialogue: DialogueService) -> None:
    call = dialogue.call()
    call.run("厨房水管漏水了", "五栋二单元幺零零一我姓李")
    told = call.say("水槽下面的管道，滴得快，地上已经有一小滩水")
    assert _waiting(told) == []
    assert "我也记下了" not in told["said"]


def test_taking_one_matter_back_leaves_the_other(
    dialogue: DialogueService, read_ticket: ReadTicket
) -> None:
    call = dialogue.call("13812345678", LI)
    call.say("我家厨房灯坏了还有马桶堵了")
    went_on = call.say("算了这个不用登记了")
    assert went_on["said"].startswith("好的，这件事不登记了。您刚才还提到马桶堵了")
    call.run("是的", "明天上午", "对")
    (ticket,) = _filed(dialogue, read_ticket, call.call_id)
    assert "马桶堵了" in ticket["problem"]


def test_hanging_up_in_the_middle_tickets_every_matter(
    dialogue: DialogueService, read_ticket: ReadTicket
) -> None:
    call = dialogue.call("13812345678", LI)
    call.say("我家厨房灯坏了还有马桶堵了对了物业费怎么交")
    left = call.run("是的", "我先挂了再见")[-1]
    assert left["end_call"] and _waiting(left) == []
    assert "同事会给您回电话" in left["said"]
    tickets = _filed(dialogue, read_ticket, call.call_id)
    assert [(t["category"], t["room"]) for t in tickets] == [
        ("repair_indoor", "1001"),
        ("repair_indoor", "1001"),
        ("fee_inquiry", "1001"),
    ]
    assert "马桶堵了" in tickets[1]["problem"] and "物业费怎么交" in tickets[2]["problem"]
    assert all("回电" in t["promises"][0]["what"] for t in tickets)


def test_a_transfer_in_the_middle_tickets_every_matter(
    dialogue: DialogueService, read_ticket: ReadTicket
) -> None:
    call = dialogue.call()
    call.say("我家厨房灯坏了还有楼道垃圾没人收")
    put_through = call.run("五栋二单元幺零零一", "转人工")[-1]
    assert put_through["handoff"]["reason"] == "caller_asked"
    assert _waiting(put_through) == []
    lamp, rubbish = _filed(dialogue, read_ticket, call.call_id)
    assert put_through["handoff"]["ticket_number"] == lamp["number"]
    assert (rubbish["category"], rubbish["status"]) == ("complaint_environment", "incomplete")
    assert (rubbish["building"], rubbish["room"]) == ("5", "1001")
    assert "回电" in rubbish["promises"][0]["what"]


def test_a_person_asked_for_before_an_address_is_known(
    dialogue: DialogueService, read_ticket: ReadTicket
) -> None:
    """What waits is filed for the calling number's home, which nobody has confirmed."""
    call = dialogue.call("13812345678", LI)
    call.run("我家厨房灯坏了还有马桶堵了", "转人工")
    toilet = _filed(dialogue, read_ticket, call.call_id)[1]
    assert (toilet["building"], toilet["room"]) == ("5", "1001")
    assert toilet["details"]["unconfirmed"] == ["building", "unit", "room"]


def test_an_emergency_goes_first_and_the_repair_is_kept_for_a_ticket(
    dialogue: DialogueService, read_ticket: ReadTicket
) -> None:
    """The gateway rings and then files what the slot holds (tests/gateway, tests/calls)."""
    call = dialogue.call("13812345678", LI)
    answer = call.say("我家水龙头也漏水，另外楼道着火了快来人")
    assert answer["emergency"]["kind"] == "fire"
    assert answer["active_form"] is None
    assert _waiting(answer) == ["我家水龙头也漏水"]
    assert _filed(dialogue, read_ticket, call.call_id) == []


def test_a_repair_in_hand_when_danger_is_told_waits_too(dialogue: DialogueService) -> None:
    call = dialogue.call("13812345678", LI)
    call.run("我家马桶堵了", "是的")
    answer = call.say("哎呀不好了厨房着火了快来人啊")
    assert answer["emergency"]["kind"] == "fire"
    assert _waiting(answer) == ["我家马桶堵了"]


def test_a_home_the_bot_named_does_not_open_its_tickets(dialogue: DialogueService) -> None:
    """SEC-001: a yes to 您是…吗 is enough for a repair, not for hearing about that home."""
    call = dialogue.call("13812345678", LI)
    first = call.say("帮我查一下上次报修的进度，另外我家马桶又堵了")
    assert first["active_form"] == "repair_form"
    asked = call.run("是的", "明天上午", "对")[-1]
    assert asked["active_form"] == "progress_form"
    assert "核对一下身份" in asked["said"] and "您名下" not in asked["said"]
    told = call.say("五栋二单元一零零一我姓李")
    assert "您名下" in told["said"] or "室内报修" in told["said"]


def test_small_talk_does_not_swallow_a_matter(dialogue: DialogueService) -> None:
    call = dialogue.call("13812345678", LI)
    answer = call.say("好的谢谢你啊，对了我家马桶堵了")
    assert answer["active_form"] == "repair_form"
    assert "马桶堵了" in answer["slots"]["problem"]
