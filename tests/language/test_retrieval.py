"""Standard answers by retrieval: which entry is meant, and when nothing may be said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.language.question_grams import QuestionGrams
from bot.language.question_words import NOTIONS, notions_in
from bot.language.retrieval import AnswerIndex, Entry, confident

ROOT = Path(__file__).parents[2]
SITE: list[dict[str, Any]] = yaml.safe_load(
    (ROOT / "site" / "sample" / "answers.yml").read_text(encoding="utf-8")
)["answers"]
SILENT = frozenset(entry["key"] for entry in SITE if not entry["confirmed"])


def _entry(entry: dict[str, Any], questions: int | None = None) -> Entry:
    answer = entry["answer"] if entry["confirmed"] else ""
    return Entry(entry["key"], tuple(entry["questions"][:questions]), entry["category"], answer)


@pytest.fixture(scope="module")
def index() -> AnswerIndex:
    return AnswerIndex([_entry(entry) for entry in SITE])


@pytest.mark.parametrize(
    ("question", "key"),
    [
        ("呃我想问一下那个物业费一平方收几块钱呀", "fee_standard"),
        ("俺在六楼住 那种没电梯的 一平米收几个钱", "fee_standard"),
        ("家里那只萨摩耶出门是不是得拴绳", "pets"),
        ("周日叫工人来敲墙可不可以", "renovation_hours"),
        ("老伴儿走失了 想看看大门口的探头拍到没", "monitoring"),
        ("除夕夜楼底下放两个炮仗行吗", "fireworks"),
        ("我这车牌换了 道闸不认", "parking_plate"),
        # As a recogniser writes them.
        ("物业费一品方多少前", "fee_standard"),
        ("装修呀金什么时候推", "renovation_deposit"),
        ("听车月卡到七了怎么续", "parking_renew"),
    ],
)
def test_the_right_entry_comes_first(index: AnswerIndex, question: str, key: str) -> None:
    assert index.best(question)[0].key == key


@pytest.mark.parametrize(
    "question",
    [
        "物业费能不能拿粮票抵",
        "地下车位你们卖不卖",
        "我们这儿归哪个派出所管户口",
        "帮我推荐一家装修公司",
        "今天晚上吃什么好呢",
        "孩子数学考了几分",
        # Not questions: they belong to the forms, however much of an answer's words they use.
        "厨房水管漏水了",
        "我家厨房灯坏了还有马桶堵了",
        "帮我查一下五栋的报修进度",
        "二期什么时候交房",
        "",
        "😀",
    ],
)
def test_what_nobody_has_an_answer_for_is_not_answered(index: AnswerIndex, question: str) -> None:
    matches = index.best(question)
    assert not confident(matches) or matches[0].key in SILENT


def test_a_question_in_the_words_of_a_paraphrase_is_certain(index: AnswerIndex) -> None:
    for entry in SITE:
        for question in entry["questions"][::7]:
            matches = index.best(f"你好 请问{question}")
            assert matches[0].key == entry["key"], question
            assert confident(matches), question


def test_scores_are_shares_and_ordered(index: AnswerIndex) -> None:
    for question in ("停车费", "装修要交多少钱", "在哪里"):
        matches = index.best(question, k=5)
        assert len({match.key for match in matches}) == len(matches) == 5
        assert all(0 <= match.score <= 1 for match in matches)
        assert matches[0].score == max(match.score for match in matches)


def test_a_new_entry_of_one_question_holds_its_own_among_large_ones() -> None:
    new = Entry("shuttle", ("接驳班车几点发车",), "other_inquiry", "班车早上七点从东门开往地铁站。")
    index = AnswerIndex([*(_entry(entry) for entry in SITE), new])
    assert index.best("早上去地铁站的班车几点开")[0].key == "shuttle"
    assert index.best("想坐接驳车 早上头一班什么时候")[0].key == "shuttle"
    matches = index.best("请问接驳班车几点发车")
    assert matches[0].key == "shuttle" and confident(matches)


def test_an_entry_that_must_not_be_answered_keeps_its_neighbours_silent() -> None:
    fees = [_entry(entry) for entry in SITE if entry["category"] == "fee_inquiry"]
    rates = [entry for entry in fees if not entry.key.startswith("open_")]
    asked = "租客和房东到底谁来交物业费"
    alone, beside = AnswerIndex(rates).best(asked), AnswerIndex(fees).best(asked)
    assert alone[0].key not in SILENT
    assert beside[0].key == "open_fee_who_pays"
    assert beside[0].score > alone[0].score


def test_the_classifiers_opinion_settles_a_close_call() -> None:
    index = AnswerIndex(
        [
            Entry("parking", ("停车一个月多少钱", "车位每个月怎么收"), "parking"),
            Entry("fee", ("物业费一个月多少钱", "物业每个月怎么收"), "fee_inquiry"),
        ]
    )
    for group, key in (("parking", "parking"), ("fee_inquiry", "fee")):
        leaning = index.best("一个月多少钱", group=group)
        assert leaning[0].key == key
        assert leaning[0].score > index.best("一个月多少钱", group="leak")[0].score - 1e-9
    # Clear words win all the same.
    assert index.best("物业费一个月多少钱", group="parking")[0].key == "fee"


def test_words_of_one_meaning_share_a_notion_whatever_they_sound_like() -> None:
    assert set(notions_in("几多钱")) & set(notions_in("什么价位"))
    assert notions_in("咋缴") == notions_in("怎么交")
    assert notions_in("人脸识别") == notions_in("人连识别")  # homophone
    assert notions_in("") == notions_in("？！") == []
    assert all(
        words and len(set(words.split())) == len(words.split()) for words in NOTIONS.values()
    )


def test_fillers_do_not_count() -> None:
    plain = QuestionGrams("停车费多少钱")
    assert QuestionGrams("你好，我想问一下停车费多少钱啊").written == plain.written


def test_unknown_neighbours_are_looked_up_by_sound() -> None:
    known = set(QuestionGrams("游泳池").written)
    heard = QuestionGrams("游咏池").heard(known)
    assert "syou yong" in heard and "syong chi" in heard
    assert not any(gram.startswith("s") for gram in QuestionGrams("游泳池").heard(known))


def test_the_sites_paraphrases_are_each_of_one_entry() -> None:
    seen: dict[str, str] = {}
    for entry in SITE:
        for question in entry["questions"]:
            assert seen.setdefault(question, entry["key"]) == entry["key"], question
