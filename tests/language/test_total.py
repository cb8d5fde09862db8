"""No text, however odd, makes the language layer raise; what it returns is in bounds."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.language.address import AddressPart, read_address
from bot.language.emergency import EmergencySpotter
from bot.language.numbers import find_numbers
from bot.language.person import read_person
from bot.language.phone import read_phone
from bot.language.pinyin import sounds_of
from bot.language.place import read_place
from bot.language.reply import (
    is_backchannel,
    is_stop_phrase,
    read_yes_no,
    wants_human,
    wants_manager,
    wants_repeat,
)
from bot.language.retrieval import AnswerIndex, Entry
from bot.language.roster import Roster
from bot.language.sentences import speech_pieces, split_sentences
from bot.language.severity import read_severity
from bot.language.speak import say_phone, say_ticket, speakable
from bot.language.ticket_number import read_ticket_number
from bot.language.when import WhenKind, read_when

SITE = timezone(timedelta(hours=8))

SPOTTER = EmergencySpotter()
ROSTER = Roster({"5": {"2": ("1001",)}})
INDEX = AnswerIndex([Entry("fee", ("物业费怎么收",)), Entry("odd", ("", "😀"))])
NOW = datetime(2023, 11, 15, 10, 0, tzinfo=SITE)

# Words of the domain thrown together find more than random characters do.
_WORDS = (
    "电梯 困 卡住 着火 没 不是 煤气 味 漏 水管 爆了 上次 如果 演习 怎么办 五 栋 二 单元 幺 零 一 十 百 千 万 号 楼 - 负 层 期 A 座 不对 是 "
    "我姓 李 先生 一三八 1234 5678 就这个号码 RP 2023 1115 001 明天 下午 三点 半 以后 个 小时 前 了 天 周 号码 ， 。 呃 有没有 😀 \n 99 个 多"
).split(" ")
texts = st.one_of(
    st.text(max_size=120),
    st.lists(st.sampled_from(_WORDS), max_size=25).map("".join),
    st.text(alphabet="零一二两三四五六七八九十百千万0123456789点半月号年个天周.-:", max_size=40),
)


def use_everything(text: str) -> None:
    sounds = sounds_of(text)
    assert len(sounds.starts) == len(sounds.ends) == len(sounds.folded) == len(sounds)
    for final in (False, True):
        finding = SPOTTER.spot(text, final=final, alternatives=[text[::-1]] if final else ())
        if finding is not None:
            assert 0 < finding.confidence <= 1 and finding.level in (1, 2, 3)
            assert 0 <= finding.start <= finding.end <= max(len(text), finding.end)
    for part in (None, *AddressPart):
        read_address(text, expect=part)
        read_address(text, ROSTER, expect=part)
    for asked in (False, True):
        reading = read_phone(text, expect=asked)
        assert reading is None or reading.number is None or reading.number.isdigit()
        read_person(text, expect_name=asked)
    for kind in WhenKind:
        read_when(text, kind=kind, now=NOW)
        read_when(text, kind=kind)
    read_ticket_number(text, now=NOW)
    read_place(text)
    read_severity(text)
    find_numbers(text)
    read_yes_no(text)
    for predicate in (is_backchannel, is_stop_phrase, wants_human, wants_manager, wants_repeat):
        assert predicate(text) in (True, False)
    INDEX.best(text)
    say_phone(text)
    say_ticket(text)
    assert not any("a" <= c.lower() <= "z" for c in speakable(text))
    assert "".join("".join(split_sentences(text)).split()) == "".join(text.split())
    speech_pieces(text)


@settings(max_examples=120, deadline=None)
@given(texts)
def test_total(text: str) -> None:
    use_everything(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "😀🔥",
        "啊" * 10_000,
        "电梯困人" * 2_500,
        "一" * 10_000,
        "没着火" * 3_000,
        "a1１Ａ" * 2_000,
        "\x00\ufffd\u200b",
    ],
)
def test_extremes(text: str) -> None:
    use_everything(text)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(_WORDS), max_size=15).map("".join))
def test_a_finding_names_words_of_the_text(text: str) -> None:
    finding = SPOTTER.spot(text, final=True)
    if finding is not None:
        assert text[finding.start : finding.end] == finding.matched
