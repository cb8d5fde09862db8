"""How owners answer a survey, in the words they use; what says nothing is never guessed."""

from __future__ import annotations

import pytest

from actions.survey_words import (
    names_grade,
    read_consent,
    read_grade,
    read_reason,
    read_solved,
    tells_solved,
)
from zhiban.tickets.satisfaction import GRADE_WORDS, POINTS, Grade, Survey

_GRADES = {
    Grade.VERY_SATISFIED: (
        "非常满意 很满意 特别满意，谢谢你们 十分满意 相当满意 太满意了 非常好 特别好 太好了 好极了 满分 "
        "百分之百满意 完美 太棒了 五星好评 一 1 第一个 选一 按一 一，非常满意 我非常满意 最满意 非常不错"
    ),
    Grade.SATISFIED: (
        "满意 满意的 挺满意的 比较满意 还算满意 基本满意 蛮满意 挺好的 挺好 蛮好的 很好 不错 挺不错的 还不错 "
        "没什么不满意的 没有不满意 不差 二 2 第二个 选二 二号 嗯满意 我觉得满意 满意吧 都满意 没话说 还挺好的 "
        "满意，没啥可说的"
    ),
    Grade.FAIR: (
        "一般 一般吧 一般般 还行 还行吧 还可以 还好 还好吧 马马虎虎 凑合 凑合吧 就那样 也就那样吧 差不多吧 过得去 "
        "不好不坏 普普通通 勉强 中规中矩 三 3 三吧 第三个 选三 就那么回事 还凑合 说得过去"
    ),
    Grade.DISSATISFIED: (
        "不满意 非常不满意 很不满意 不太满意 不怎么满意 不是很满意 不是太满意 不够满意 没有很满意 谈不上满意 算不上满意 "
        "不咋地 不咋样 不怎么样 不太好 不好 很差 太差了 差劲 差评 糟糕 失望 太让人失望了 敷衍 四 4 第四个 选四 "
        "不行 不太行 四，不满意 零分 特别差 实在太差"
    ),
}


@pytest.mark.parametrize(
    ("text", "grade"),
    [(text, grade) for grade, texts in _GRADES.items() for text in texts.split()],
)
def test_grades(text: str, grade: Grade) -> None:
    assert read_grade(text) is grade


@pytest.mark.parametrize(
    "text",
    "嗯 好 好的 行 可以 啊 喂 你好 谢谢 不好意思 不知道 说不好 说不清楚 随便 都行 无所谓 你看着办 什么意思 满意不满意 "
    "满不满意啊 有哪几个 满意吗？ 五 五分 三分 八 十二 三满意 一不满意 物业费怎么交 师傅来了 对 是的 没有 "
    "态度挺好就是没修好 挺好的但是太慢了 一会儿满意一会儿不满意 不是不满意 今天天气怎么样".split(),
)
def test_no_grade_is_guessed(text: str) -> None:
    assert read_grade(text) is None


@pytest.mark.parametrize(
    "text",
    "解决了 已经解决了 都解决了 修好了 修好了谢谢 弄好了 处理好了 好了 已经好了 搞定了 不漏了 不漏水了 没问题了 没有问题了 "
    "没什么问题了 没再漏过 现在好了 之前没修好，现在好了 没修好过，后来又修好了 正常了 能用了 可以用了 亮了 通了 恢复了 "
    "是的 对 嗯 有 解决啦 应该解决了 基本解决了 1 一 换好了 不堵了 疏通了 来水了 不用了，已经好了 没事了 挺好的".split(),
)
def test_solved(text: str) -> None:
    assert read_solved(text) is True


@pytest.mark.parametrize(
    "text",
    "没有 还没有 没 还没呢 没呢 没解决 没有解决 还没解决 没修好 没有修好 还没修好呢 根本没解决 没完全解决 没给我修好 没人来 "
    "没有人来 师傅没来 还没来 到现在都没人管 还在漏 还是漏 还是老样子 还是不行 又坏了 又漏了 刚修好又坏了 修好了但是又漏了 不行 "
    "解决不了 修不好 没用 没动静 只解决了一半 部分解决 白修了 没好 没好转，更严重了 不是 2 二 没有，师傅看了一下说要换配件 不正常 "
    "还得再来一趟 没有效果 没消息".split(),
)
def test_not_solved(text: str) -> None:
    assert read_solved(text) is False


@pytest.mark.parametrize(
    "text",
    "好的 好 行 可以 喂 你好 不知道 不清楚 还没看 没在家 可能好了 好像解决了 解决了吗 什么 不好意思 满意 "
    "物业费怎么交 谁啊 有没有解决 说不好".split(),
)
def test_neither_solved_nor_not(text: str) -> None:
    assert read_solved(text) is None


def test_other_questions_are_answered_only_by_clear_words() -> None:
    assert names_grade("修好了，挺满意的") is Grade.SATISFIED
    assert tells_solved("修好了，挺满意的") is True
    assert names_grade("挺好的") is None
    assert names_grade("没修好，很不满意") is Grade.DISSATISFIED
    assert tells_solved("是的") is None


@pytest.mark.parametrize(
    ("text", "agreed"),
    [
        *(
            (text, True)
            for text in "方便 可以 好的 行 嗯 你说 说吧 问吧 没问题 有空 是我 好啊 1".split()
        ),
        *(
            (text, False)
            for text in "不方便 没空 没时间 我在忙 在开车 不用了 不需要 改天吧 打错了 不是我 不想 不好意思没空 2".split()
        ),
        *((text, None) for text in "你是谁 哪位 什么 喂 今天星期几".split()),
    ],
)
def test_consent(text: str, agreed: bool | None) -> None:
    assert read_consent(text) is agreed


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("师傅来晚了两天，还没修好", "师傅来晚了两天，还没修好"),
        ("没什么", ""),
        ("不想说", ""),
        ("算了", ""),
        ("没有原因", ""),
        ("没有，算了，再见", ""),
    ],
)
def test_reason(text: str, reason: str) -> None:
    assert read_reason(text) == reason


def test_grades_have_points_and_words() -> None:
    assert set(POINTS) == set(GRADE_WORDS) == set(Grade)
    assert list(POINTS.values()) == sorted(POINTS.values(), reverse=True)
    assert Survey("c", "a", "", grade="fair").points == 3
    assert Survey("c", "a", "").points is None
    assert Survey("c", "a", "", solved=False, grade="satisfied").unsatisfied
