"""What the bot calls a matter that waits, and that none is lost on the way through the slot."""

from __future__ import annotations

import pytest

from actions.talk import Talk
from actions.waiting import (
    SLOT,
    Waiting,
    left_waiting,
    note_also,
    read_waiting,
    spoken_matter,
    waiting_event,
)


@pytest.mark.parametrize(
    ("text", "intent", "spoken"),
    [
        ("我家马桶堵了", "repair_indoor", "您家马桶堵了"),
        ("想问一下物业费怎么交", "fee_inquiry", "物业费怎么交"),
        ("我要投诉楼上装修太吵", "complaint_noise", "楼上装修太吵"),
        ("你们保安态度差", "complaint_service", "我们保安态度差"),
        # Words the bot may not say itself, and what is too long for the ear.
        ("你们到底管不管烦死了", "complaint_service", "投诉的事"),
        ("楼上吵死了", "complaint_noise", "投诉的事"),
        ("卫生间水龙头从上个礼拜开始就一直滴滴答答漏个不停", "leak", "漏水报修的事"),
        ("你什么时候能弄完", "nlu_fallback", "另一件事"),
    ],
)
def test_a_matter_is_named_politely(text: str, intent: str, spoken: str) -> None:
    assert spoken_matter(Waiting(text, intent, 0.9)) == spoken


@pytest.mark.parametrize(
    ("texts", "also"),
    [
        (["马桶堵了"], "马桶堵了"),
        (["马桶堵了", "物业费怎么交"], "马桶堵了，还有物业费怎么交"),
        (["阳台的窗户关不严了漏风", "客厅的灯一闪一闪的不亮", "停车位多少钱一个月"], "另外三件事"),
    ],
)
def test_others_are_acknowledged_in_one_sentence(texts: list[str], also: str) -> None:
    talk = Talk()
    note_also(talk, [Waiting(text, "repair_indoor", 0.9) for text in texts])
    assert talk.said == [("utter_also_noted", {"also": also})]


def test_nothing_is_said_about_nothing() -> None:
    talk = Talk()
    note_also(talk, [])
    assert talk.said == []


def test_the_slot_keeps_order_and_meaning() -> None:
    waiting = (Waiting("马桶堵了", "repair_indoor", 0.9), Waiting("那个什么来着"))
    event = waiting_event(waiting)
    assert event["name"] == SLOT
    assert read_waiting(event["value"]) == waiting
    assert waiting_event(())["value"] is None


def test_the_last_word_about_what_waits_counts() -> None:
    before = (Waiting("马桶堵了", "repair_indoor", 0.9),)
    later = (Waiting("物业费怎么交", "fee_inquiry", 0.9),)
    assert left_waiting([{"event": "followup", "name": "x"}], before) == before
    assert left_waiting([waiting_event(before), waiting_event(later)], ()) == later
    assert left_waiting([waiting_event(())], before) == ()
