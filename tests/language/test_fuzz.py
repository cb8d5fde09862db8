"""No text, however odd, makes the understanding raise, or work the longer the longer it is.

How many milliseconds that takes is measured by ``zhiban eval --only speed``: a time limit here
would fail on a busy machine. What is counted here is the same everywhere: lines of Python run.
"""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.evaluation.odd import LONGEST, odd_texts
from bot.language.emergency import EmergencyAction, EmergencyKind, EmergencySpotter
from bot.language.fragments import fragments_of
from bot.language.intents import FALLBACK, IntentReader
from bot.language.matters import split_matters
from bot.language.pinyin import sounds_of
from bot.language.retrieval import AnswerIndex, Entry, confident
from bot.language.roster import Resident, Roster
from bot.language.slots import SLOTS, Expects, read_slots
from bot.understanding import Understanding
from tests.support.tiny_intents import train_tiny

NOW = datetime(2026, 11, 18, 14, tzinfo=timezone(timedelta(hours=8)))
CALLER = "13812345678"
SPOTTER = EmergencySpotter()
ROSTER = Roster(
    {"5": {"1": ("101", "1001"), "2": ("1001",)}, "A": {"": ()}},
    (Resident("李小明", "5", "2", "1001", CALLER), Resident("欧阳娜", "A", None, "301")),
    {"5": "1"},
)
INDEX = AnswerIndex([Entry("fee", ("物业费怎么收",)), Entry("park", ("停车费多少钱", "😀", ""))])

_WORDS = (
    "电梯 困 卡住 出不来 着火 冒烟 没 不是 煤气 味 漏水 水管 爆了 上次 如果 演习 怎么办 晕倒 叫不醒 触电 五 栋 二 单元 幺 零 一 "
    "十 百 千 万 号 楼 - 负 层 期 A 座 不对 是 我姓 李 欧阳 先生 一三八 1234 5678 就这个号码 RP 2026 1118 001 明天 下午 三点 半 "
    "以后 小时 前 了 天 周 ， 。 呃 物业费 怎么收 还有 顺便 😀 \n \t \x00 \u200b \ud800 \udfff hello Ａ ① 한"
).split(" ")
_ANY = st.characters(min_codepoint=0, max_codepoint=sys.maxunicode, categories=None)
texts = st.one_of(
    st.text(alphabet=_ANY, max_size=80),
    st.lists(st.sampled_from(_WORDS), max_size=30).map("".join),
    st.tuples(st.lists(st.sampled_from(_WORDS), max_size=6), st.integers(1, 200)).map(
        lambda drawn: "".join(drawn[0]) * drawn[1]
    ),
    st.text(
        alphabet="零一二两三四五六七八九十百千万幺洞0123456789点半月号年天周栋单元.-:,，",
        max_size=60,
    ),
)


@pytest.fixture(scope="module")
def intents(tmp_path_factory: pytest.TempPathFactory) -> IntentReader:
    return train_tiny(tmp_path_factory.mktemp("tiny") / "weights")


@pytest.fixture(scope="module")
def readers(intents: IntentReader) -> dict[str, Callable[[str], object]]:
    understanding = Understanding(intents, ROSTER)
    return {
        "partial": SPOTTER.spot,
        "final": lambda text: SPOTTER.spot(text, final=True, alternatives=[text[::-1], text]),
        "intents": intents.ranking,
        "slots": lambda text: read_slots(text, roster=ROSTER, now=NOW, caller=CALLER),
        "answers": INDEX.best,
        "matters": lambda text: split_matters(text, classify=lambda words: best_of(intents, words)),
        "understanding": lambda text: understanding.read(text, now=NOW, caller=CALLER),
    }


def best_of(intents: IntentReader, words: str) -> tuple[str, float]:
    return next(iter(intents.ranking(words)), (FALLBACK, 0.0))


def check_matters(text: str, intents: IntentReader) -> None:
    for classify in (None, lambda words: best_of(intents, words)):
        breath = split_matters(text, classify=classify)
        assert breath.matters
        if len(breath.matters) > 1:
            assert all(words.strip() for words in breath.texts)


def check_spotter(text: str) -> None:
    partial = SPOTTER.spot(text)
    assert partial is None or partial.action is EmergencyAction.TRANSFER
    for found in (partial, SPOTTER.spot(text, final=True, alternatives=[text[::-1], "", text])):
        if found is None:
            continue
        assert isinstance(found.kind, EmergencyKind) and found.level in (1, 2, 3)
        assert 0 < found.confidence <= 1
        assert 0 <= found.start <= found.end <= len(text)


def check_intents(text: str, intents: IntentReader) -> None:
    assert not any("\n" in fragment for fragment in fragments_of(sounds_of(text)))
    ranking = intents.ranking(text)
    assert ranking == [] or math.isclose(sum(chance for _, chance in ranking), 1.0)
    assert all(a >= b for (_, a), (_, b) in itertools.pairwise(ranking))


def check_slots(text: str) -> None:
    for expects in Expects:
        for roster, now in ((None, None), (ROSTER, NOW)):
            slots = read_slots(text, expects=expects.value, roster=roster, now=now, caller=CALLER)
            assert set(slots) <= set(SLOTS)
            assert all(isinstance(value, str) and value for value in slots.values())
            assert slots.get("phone", "0").isdigit()


def check_answers(text: str) -> None:
    matches = INDEX.best(text)
    assert all(0 <= match.score <= 1 for match in matches)
    assert confident(matches) in (True, False)


@settings(max_examples=150, deadline=None)
@given(text=texts)
def test_no_text_makes_anything_raise(text: str, intents: IntentReader) -> None:
    check_spotter(text)
    check_intents(text, intents)
    check_slots(text)
    check_answers(text)
    check_matters(text, intents)


@settings(max_examples=80, deadline=None)
@given(text=texts, others=st.lists(texts, max_size=5), caller=st.text(max_size=15))
def test_understanding_is_whole_whatever_comes_with_the_text(
    text: str, others: list[str], caller: str, intents: IntentReader
) -> None:
    understood = Understanding(intents, ROSTER).read(text, alternatives=others, caller=caller)
    assert 0 <= understood.confidence <= 1
    danger = understood.emergency
    if danger is not None and danger.action == "transfer":
        assert understood.intent == f"emergency_{danger.kind}"
        assert understood.category == "emergency"


def test_long_and_foreign_texts(readers: dict[str, Callable[[str], object]]) -> None:
    for text in odd_texts(60, seed=7):
        for reader in readers.values():
            reader(text)


@pytest.mark.parametrize(
    "reader", ["partial", "final", "intents", "slots", "answers", "matters", "understanding"]
)
@pytest.mark.parametrize(
    "unit",
    [
        "电梯困人",
        "没着火",
        "着火了吗",
        "一",
        "五栋",
        "一三八",
        "啊",
        "a",
        "不是，",
        "明天下午",
        "😀",
        "\x00",
        "上次",
    ],
)
def test_work_does_not_grow_with_the_text(
    reader: str, unit: str, readers: dict[str, Callable[[str], object]]
) -> None:
    """Ten times the text costs at most one look at each further character, not ten times the work."""
    read = readers[reader]
    short, long = (unit * (length // len(unit)) for length in (LONGEST // 10, LONGEST))
    read(short)  # Tables built at the first use do not count.
    few, many = lines_run(read, short), lines_run(read, long)
    assert many <= 1.2 * few + (len(long) - len(short)) + 1000


def lines_run(work: Callable[[str], object], text: str) -> int:
    """How many lines of Python the work takes."""
    count = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work(text)
    finally:
        sys.settrace(before)
    return count
