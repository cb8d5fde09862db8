"""The standard answers: what may be said, and when nothing is."""

from __future__ import annotations

import pytest
from sqlalchemy import Executable, Insert, insert, update

from actions.resources import Resources
from bot.language.retrieval import AnswerIndex, Match
from zhiban.store.models import StandardAnswer


async def _write(resources: Resources, change: Executable) -> None:
    """Change the stored answers and have them read again."""
    async with resources.engine.begin() as connection:
        await connection.execute(change)
    await resources.answers.refresh(force=True)


def _by_admin(key: str, questions: list[str], answer: str) -> Insert:
    return insert(StandardAnswer).values(
        key=key,
        category="other_inquiry",
        questions=questions,
        answer=answer,
        confirmed=True,
        source="admin",
        updated_at="now",
    )


@pytest.mark.parametrize(
    ("question", "key"),
    [
        ("物业费怎么收的", "fee_standard"),
        ("我想问一下物业费多少钱一平方啊", "fee_standard"),
        ("房子没人住还要不要交物业费", "fee_empty_home"),
        ("周末能装修吗", "renovation_hours"),
        ("装修押金啥时候退", "renovation_deposit"),
        ("临时停车一个小时多少钱", "parking_temporary"),
        ("我朋友来了怎么进小区", "visitors"),
        ("能不能查监控", "monitoring"),
        ("垃圾怎么分类呀", "garbage_sorting"),
        ("门禁卡丢了怎么补办", "access_card"),
        # Homophones, as a recogniser writes them.
        ("屋业费怎么收的", "fee_standard"),
        ("停车费一个月多少前", "parking_monthly"),
    ],
)
async def test_question_finds_its_answer(resources: Resources, question: str, key: str) -> None:
    answer = await resources.answers.find(question)
    assert answer is not None
    assert answer.key == key


@pytest.mark.parametrize(
    ("question", "category"),
    [
        ("今天晚上吃什么", ""),
        ("小区游泳池水温多少度", "other_inquiry"),
        ("二期的房子什么时候交房", "other_inquiry"),
        ("你们老板叫什么名字", "other_inquiry"),
        ("隔壁工地盖的是什么楼", "other_inquiry"),
    ],
)
async def test_below_the_bar_nothing_is_invented(
    resources: Resources, question: str, category: str
) -> None:
    assert await resources.answers.find(question, category) is None


async def test_the_classifiers_category_is_weighed_but_clear_words_win(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    best = AnswerIndex.best

    def listening(index: AnswerIndex, text: str, k: int = 3, *, group: str = "") -> list[Match]:
        heard.append(group)
        return best(index, text, k, group=group)

    monkeypatch.setattr(AnswerIndex, "best", listening)
    for category in ("renovation_rules", "parking", ""):
        answer = await resources.answers.find("周末能不能装修", category)
        assert answer is not None
        assert answer.key == "renovation_hours"
    assert heard == ["renovation_rules", "parking", ""]


async def test_a_question_kept_without_an_answer_is_not_its_neighbours(
    resources: Resources,
) -> None:
    """FAQ-044: it goes to the register; a neighbour's answer would be an invention."""
    assert await resources.answers.find("买一个地下车位要多少万") is None
    await _write(
        resources,
        update(StandardAnswer)
        .where(StandardAnswer.key == "open_parking_buy")
        .values(answer="车位由开发商出售，请联系售楼处。", confirmed=True, updated_at="changed"),
    )
    answer = await resources.answers.find("买一个地下车位要多少万")
    assert answer is not None
    assert answer.key == "open_parking_buy"


async def test_unconfirmed_answers_are_not_given(resources: Resources) -> None:
    assert await resources.answers.find("为什么我家物业费比隔壁小区高") is None


async def test_expired_answers_are_not_given(resources: Resources) -> None:
    question = "装修押金多少钱"
    assert await resources.answers.find(question) is not None
    await _write(
        resources,
        update(StandardAnswer)
        .where(StandardAnswer.key == "renovation_deposit")
        .values(valid_until="2020-01-01", updated_at="changed"),
    )
    assert await resources.answers.find(question) is None


async def test_an_admins_new_answer_needs_no_training(resources: Resources) -> None:
    question = "小区游泳池水温多少度"
    questions = ["游泳池水温多少度", "泳池的水凉不凉"]
    await _write(resources, _by_admin("pool", questions, "游泳池水温保持在27度。"))
    answer = await resources.answers.find(question)
    assert answer is not None
    assert answer.text == "游泳池水温保持在二十七度。"


async def test_one_question_is_enough_for_a_new_answer(resources: Resources) -> None:
    """Live without training, though its neighbours have dozens of paraphrases (issue 3)."""
    question = "接驳班车早上几点发车"
    assert await resources.answers.find(question) is None
    shuttle = _by_admin("shuttle", ["接驳班车几点发车"], "班车早上7点从东门开往地铁站。")
    await _write(resources, shuttle)
    answer = await resources.answers.find(question)
    assert answer is not None
    assert answer.key == "shuttle"


async def test_spoken_answers_have_no_digits_or_letters(resources: Resources) -> None:
    await resources.answers.refresh(force=True)
    for answer in resources.answers.all():
        assert not any(c.isascii() and c.isalnum() for c in answer.text), answer
