"""What is read aloud, how it is cut, and how answers are found."""

import re
from datetime import date, datetime, timedelta, timezone

import pytest

from bot.language.retrieval import AnswerIndex, Entry, confident
from bot.language.sentences import speech_pieces, split_clauses, split_sentences
from bot.language.speak import say_address, say_phone, say_ticket, say_time, speakable

SITE = timezone(timedelta(hours=8))


def test_telephone_in_groups() -> None:  # SCR-019
    assert say_phone("13812345678") == "幺三八，幺二三四，五六七八"
    assert say_phone("02164532198") == "零二幺，六四五三，二幺九八"


def test_ticket_number_in_groups_without_letters() -> None:  # TAX-127
    assert say_ticket("RP20231115001") == "报修单，二零二三，幺幺幺五，零零幺"


def test_address() -> None:
    assert say_address("5", "2", "1001") == "五栋二单元幺零零幺"
    assert say_address("12", None, None) == "十二栋"


def test_times() -> None:
    today = date(2023, 11, 15)
    assert say_time(datetime(2023, 11, 16, 15, 30, tzinfo=SITE), today=today) == "明天下午三点半"
    assert (
        say_time(datetime(2023, 12, 1, 9, 5, tzinfo=SITE), today=today)
        == "十二月一号上午九点零五分"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("单号RP20231115001", "单号报修单，二零二三，幺幺幺五，零零幺"),
        ("请拨打119", "请拨打幺幺九"),
        ("5栋2单元1001", "五栋二单元幺零零幺"),
        ("每平米2.8元", "每平米二点八元"),
        ("15分钟内到", "十五分钟内到"),
        ("9:00-18:00", "上午九点到晚上六点"),
        ("2个小时", "两个小时"),
        ("95%", "百分之九十五"),
    ],
)
def test_any_text_becomes_speakable(text: str, said: str) -> None:
    assert speakable(text) == said


def test_nothing_speakable_has_latin_letters() -> None:
    assert not re.search("[A-Za-z]", speakable("请在APP或WiFi下打开ABC，单号ZX20231115002，B座"))


def test_sentences_and_clauses() -> None:
    assert split_sentences("您好。请问您贵姓？") == ["您好。", "请问您贵姓？"]
    assert split_clauses("好的，马上为您转接") == ["好的，", "马上为您转接"]


def test_the_first_piece_is_short_and_nothing_is_lost() -> None:
    text = "您好，这里是阳光小区物业服务中心，请问有什么可以帮您？"
    pieces = speech_pieces(text)
    assert len(pieces[0]) <= 14 and "".join(pieces) == text


def test_groups_of_digits_stay_whole() -> None:
    number = say_phone("13812345678")
    pieces = speech_pieces(f"跟您核对一下您的联系电话，是{number}，对吗？价格2.8元。")
    assert any(number in piece for piece in pieces)
    assert any("2.8元" in piece for piece in pieces)


INDEX = AnswerIndex(
    [
        Entry("fee", ("物业费多少钱一平", "物业费怎么收", "物业费标准是什么")),
        Entry("parking", ("停车费多少钱", "车位怎么租", "停车怎么收费")),
        Entry("noise", ("装修时间是几点到几点", "周末能不能装修")),
    ]
)


def test_answers_are_found_by_question() -> None:  # SCR-060
    matches = INDEX.best("请问物业费是怎么收的")
    assert matches[0].key == "fee" and confident(matches)
    assert len({match.key for match in matches}) == len(matches)


def test_answers_are_found_by_sound() -> None:
    assert INDEX.best("挺车费多少前")[0].key == "parking"


def test_strangers_are_not_answered() -> None:
    assert not confident(INDEX.best("今天天气怎么样"))
    assert INDEX.best("") == [] and not confident([])
    assert AnswerIndex([]).best("物业费") == []


def test_a_new_answer_is_live_at_once() -> None:
    grown = AnswerIndex(
        [Entry("pets", ("小区可以养狗吗", "养宠物有什么规定")), Entry("fee", ("物业费怎么收",))]
    )
    assert grown.best("能养狗吗")[0].key == "pets"
