"""Short replies by sound: yes and no, backchannels, stop phrases, a person, a repeat."""

import pytest

from bot.language.reply import (
    YesNo,
    is_backchannel,
    is_stop_phrase,
    read_yes_no,
    wants_human,
    wants_manager,
    wants_repeat,
)


@pytest.mark.parametrize(
    "text",
    ["是的", "对对对", "嗯", "没错", "没问题", "可以", "四的", "队", "有人", "嗯对的就是这个"],
)
def test_yes(text: str) -> None:
    assert read_yes_no(text) is YesNo.YES


@pytest.mark.parametrize(
    "text",
    ["不是", "部队", "不对不对", "没有", "嗯不是", "不用了谢谢", "号码错了", "没有啊什么都没有"],
)
def test_no(text: str) -> None:
    assert read_yes_no(text) is YesNo.NO


@pytest.mark.parametrize("text", ["", "😀", "我也不清楚", "是不是啊", "可能吧", "厨房漏水"])
def test_neither(text: str) -> None:
    assert read_yes_no(text) is YesNo.UNSURE


@pytest.mark.parametrize("text", ["嗯", "对", "好的", "哦", "是", "啊", "嗯嗯好的", "恩", "知道了"])
def test_backchannels_do_not_take_the_floor(text: str) -> None:  # SCR-028
    assert is_backchannel(text)


@pytest.mark.parametrize("text", ["", "不是", "等一下", "着火了", "好的我要报修水管", "五栋"])
def test_words_that_are_no_backchannel(text: str) -> None:
    assert not is_backchannel(text)


@pytest.mark.parametrize("text", ["等一下", "不是", "停", "转人工", "你听我说", "在员工", "部队"])
def test_stop_phrases(text: str) -> None:  # SCR-041
    assert is_stop_phrase(text)


@pytest.mark.parametrize("text", ["嗯", "停车费多少", "家里停电了", "好的"])
def test_no_stop_phrase(text: str) -> None:
    assert not is_stop_phrase(text)


@pytest.mark.parametrize(
    "text", ["转人工", "在员工", "找你们经理", "我不想跟机器人说话", "叫个人来接电话", "接客服"]
)
def test_wants_a_person(text: str) -> None:
    assert wants_human(text)


@pytest.mark.parametrize(
    "text", ["人工费多少钱", "不用转人工", "找个人来修一下", "管家叫什么名字", ""]
)
def test_does_not_want_a_person(text: str) -> None:
    assert not wants_human(text)


def test_wants_the_manager() -> None:  # DLG-023
    assert wants_manager("我要见你们经理") and not wants_manager("转人工")


@pytest.mark.parametrize(
    "text", ["再说一遍", "没听清", "你刚才说什么", "什么", "大声一点", "说慢点"]
)
def test_wants_it_again(text: str) -> None:  # SCR-040
    assert wants_repeat(text)


@pytest.mark.parametrize("text", ["我再说一遍我家漏水", "好的", "", "什么时候来"])
def test_does_not_want_it_again(text: str) -> None:
    assert not wants_repeat(text)
