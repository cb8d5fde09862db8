"""One breath, several matters: cut where another begins, nowhere else."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.matters import Matter, candidates, settled, split_matters

ONE = (
    # Cause and effect, symptoms of one thing.
    "我家厨房水管漏水了地板都泡了",
    "楼上漏水漏到我家天花板了墙皮都掉了灯也不亮了",
    "卫生间漏水，还有地上全是水，你们快派人来",
    "停电了，空调不转，冰箱里的东西都化了，网也断了",
    "电梯坏了，门打不开，按钮也没反应",
    "厨房下水道堵了，水往上返，味道特别大",
    "空调漏水 滴得地板都湿了 插座也进水了",
    "门禁坏了，刷卡没反应，快递都进不来",
    "水压太小了热水器打不着火没法洗澡",
    "窗户漏雨墙都湿了还有地板也翘起来了",
    "下水慢，我拿皮搋子捅了半天也不行，现在厕所也返味",
    "路灯坏了，晚上黑漆漆的，老人摔了一跤",
    # Who, where and when.
    "我住五栋二单元一零零一，马桶堵了，电话一三八一二三四五六七八",
    "我姓李，三栋二单元八零二，家里没人，明天下午来修空调",
    "水龙头坏了，昨天就开始滴水，滴了一晚上，我用盆接着呢",
    "还有我家是五栋二单元一零零一",
    "对了电话是一三八一二三四五六七八",
    "好的，那就明天上午，对了我姓李",
    # Corrections.
    "不对，是三号楼不是五号楼，马桶堵了",
    "不是灯坏了是开关坏了",
    "我刚说错了，不是马桶，是洗手池堵了",
    # Questions and wishes about the same matter.
    "马桶堵了，多久能来修，要不要收费",
    "我想问一下物业费怎么交，是微信交还是到前台交",
    "停车费一个月多少钱，月卡怎么办",
    "门卡丢了，想补一张，要带什么，多少钱",
    "家里跳闸了，推上去又跳，是不是热水器的问题",
    "灯不亮了，换了灯泡也不行，另外这个修一下要多少钱",
    # Examples of one grievance.
    "你们物业什么都不管，灯坏了不修，垃圾没人倒，保安天天睡觉",
    "楼道里的垃圾没人扫，一股臭味，都招蟑螂了",
    "暖气不热，暖气费还收那么多，凭什么",
    "楼上的狗天天叫，还在电梯里拉屎，没人管",
    # Joints that are none.
    "另外一部电梯也坏了，按钮没反应",
    "第二次报修了，我家水龙头还是漏",
    "昨天修的灯今天又不亮了，还有没有人管啊",
    "一楼大厅的门坏了关不上，冷风呼呼往里灌",
    "楼道堆了好多纸箱子，过不去人",
    "转人工",
    "嗯对",
    "",
)

SEVERAL: tuple[tuple[str, ...], ...] = (
    # Run-ons without anything between them.
    ("我家灯不亮了", "水龙头也漏", "物业费怎么交"),
    ("厨房水槽漏水了", "停车费一个月多少钱"),
    ("马桶堵了", "灯也不亮了"),
    ("我家断电了", "物业费还没交怎么交啊"),
    ("门禁刷不开了", "楼道垃圾好几天没人收"),
    ("空调不制冷了", "快递柜也打不开"),
    # Joints.
    ("厨房水管漏水了", "还有物业费怎么交"),
    ("我家马桶堵了", "还有楼道的灯也坏了"),
    ("空调不制冷", "顺便问一下停车费多少钱"),
    ("楼上天天半夜吵得睡不着", "还有我家门锁坏了"),
    ("我家卫生间漏水", "对了我想问问物业费什么时候交"),
    ("马桶堵了", "再一个窗户关不上"),
    ("我家没热水", "再就是楼下路灯不亮"),
    ("灯坏了帮我修一下", "顺便再问下宽带怎么办"),
    ("水龙头漏水", "还有个事物业上班到几点"),
    ("楼道灯坏了好几天了", "然后垃圾也没人倒"),
    ("装修押金什么时候退", "顺便问一下垃圾放在哪里"),
    ("家里网断了", "对了那个充电桩怎么办理"),
    ("暖气不热", "完了阳台窗户还关不上"),
    ("我想约个保洁", "还想问下物业费怎么交"),
    ("投诉一下楼上漏水泡了我家", "另外想问问上次报的灯修好没有"),
    ("我要报修厨房灯坏了", "除此之外楼下的健身器材也断了"),
    ("垃圾桶满了没人倒", "另外我建议在门口装个减速带"),
    ("电梯里有味没人打扫", "还有三号楼的单元门关不上"),
    ("我家着火了", "还有水龙头也漏水"),
    ("物业费能微信交吗", "还想问一下停车位多少钱一个月"),
    # Items.
    ("一个是我家跳闸了", "一个是楼下垃圾没人收"),
    ("我说两件事第一个是电梯老停", "第二个是广场舞扰民"),
    ("首先我要投诉保安态度差", "其次电梯老是坏"),
    ("一是路灯不亮", "二是草坪没人剪"),
    # Heard wrong.
    ("马通堵了", "海有物业飞怎么交"),
    ("水笼头坏了", "令外问一下停车位"),
    ("店梯老停", "顺变问一下物业非多少钱"),
    # Three.
    ("我想投诉楼上装修太吵", "另外我家下水道堵了", "还想问一下停车位多少钱一个月"),
    ("第一我家水龙头坏了", "第二楼道灯不亮", "第三我想办张门禁卡"),
    ("卫生间的灯坏了", "洗手池下水也堵了", "门禁卡也刷不开"),
    ("厨房灯不亮", "然后卫生间下水慢老堵", "再有一个就是我想问物业费能不能微信交"),
    ("狗屎没人清理", "还有路灯也不亮", "对了物业几点下班"),
    ("花洒坏了", "抽油烟机也不转了", "停车费怎么交"),
    ("窗户玻璃裂了", "顺便看一下门锁也松了", "还有你们年底活动什么时候办"),
)


def _bare(text: str) -> str:
    return re.sub(r"[\s，,]", "", text)


@pytest.mark.parametrize("text", ONE)
def test_one_matter_stays_whole(text: str) -> None:
    breath = split_matters(text)
    assert breath.texts == (text,)
    assert breath.caller == ""


@pytest.mark.parametrize("pause", ["，", " ", "", "。"], ids=["comma", "blank", "none", "stop"])
@pytest.mark.parametrize("parts", SEVERAL, ids=["|".join(parts) for parts in SEVERAL])
def test_several_matters_are_cut_where_they_meet(parts: Sequence[str], pause: str) -> None:
    breath = split_matters(pause.join(parts))
    assert len(breath.matters) == len(parts), breath.texts
    for part, matter in zip(parts, breath.matters, strict=True):
        # A matter's words are the caller's, at most without the joint before them.
        assert matter.text and _bare(part).endswith(_bare(matter.text))


def test_who_and_where_hold_for_all_of_them() -> None:
    breath = split_matters("我家灯坏了，我住五栋二单元一零零一，我姓李，另外水龙头也漏水")
    assert breath.texts == ("我家灯坏了", "水龙头也漏水")
    assert breath.caller == "我住五栋二单元一零零一，我姓李"


def test_a_detail_after_another_matter_stays_with_it() -> None:
    breath = split_matters("马桶堵了，还有空调不制冷，外机一直响，开了一晚上都没凉")
    assert breath.texts == ("马桶堵了", "空调不制冷，外机一直响，开了一晚上都没凉")


def test_the_tail_of_a_very_long_text_is_kept() -> None:
    text = "我家灯坏了还有马桶堵了，" + "真的很急" * 200
    assert sum(len(each.text) for each in split_matters(text).matters) > len(text) - 5


@pytest.mark.parametrize(
    ("text", "goes_on", "others"),
    [
        (
            "水槽下面的管道，滴得快，地上已经有一小滩水",
            "水槽下面的管道，滴得快，地上已经有一小滩水",
            (),
        ),
        ("五栋二单元一零零一，对了楼道的灯也坏了", "五栋二单元一零零一", ("楼道的灯也坏了",)),
        ("明天上午，还有物业费怎么交", "明天上午", ("物业费怎么交",)),
        ("门禁卡也刷不开了", "", ("门禁卡也刷不开了",)),
        ("地板都泡了，墙也湿了", "地板都泡了，墙也湿了", ()),
    ],
)
def test_with_a_matter_in_hand(text: str, goes_on: str, others: tuple[str, ...]) -> None:
    breath = split_matters(text, about="厨房水管漏水")
    assert breath.texts == (goes_on, *others)


def test_neighbours_of_one_intent_stay_together_unless_set_off() -> None:
    def repairs(_: str) -> tuple[str, float]:
        return "repair_indoor", 0.9

    assert len(split_matters("马桶堵了灯不亮了").matters) == 2
    assert len(split_matters("马桶堵了灯不亮了", classify=repairs).matters) == 1
    for text in ("马桶堵了灯也不亮了", "马桶堵了还有灯不亮了"):
        assert len(split_matters(text, classify=repairs).matters) == 2


@pytest.mark.parametrize(
    ("second", "count"),
    [
        (("complaint_other", 0.8), 2),
        (("complaint_other", 0.3), 1),
        (("", 0.0), 1),
        (("emergency_fire", 0.9), 1),
    ],
)
def test_what_words_leave_in_doubt_the_intent_settles(
    second: tuple[str, float], count: int
) -> None:
    text = "鱼缸那边淌了一摊，还有对门养了二十只鸽子"
    doubtful = candidates(text).matters[1]
    assert doubtful.doubtful and doubtful.text == "对门养了二十只鸽子"
    verdicts = {"鱼缸那边淌了一摊": ("leak", 0.9), doubtful.text: second}
    breath = settled(candidates(text), verdicts.__getitem__)
    assert len(breath.matters) == count
    assert _bare("".join(each.said or each.text for each in breath.matters)) == _bare(text)


def test_a_pause_alone_needs_a_certain_question() -> None:
    text = "鱼缸那边淌了一摊，二十只鸽子让养么这边"
    first = candidates(text).matters[0].text

    def sure_of(question: float) -> int:
        found = settled(
            candidates(text),
            lambda piece: ("leak", 0.95) if piece == first else ("community_rules", question),
        )
        return len(found.matters)

    assert (sure_of(0.95), sure_of(0.6)) == (2, 1)


_WORDS = (
    "灯 坏了 还有 另外 对了 水龙头 漏 物业费 怎么交 我家里 那个 的 ， 。 也 一个是 第一 第二 顺便 "
    "不对是 五栋 一零零一 电话 一三八 我姓李 😀 abc 123 \n 漏水 停电 垃圾 没人管 天天 楼上"
).split(" ")
_TEXTS = st.one_of(
    st.text(max_size=80), st.lists(st.sampled_from(_WORDS), max_size=40).map("".join)
)


@given(text=_TEXTS, about=st.sampled_from(["", "我家灯坏了", "，"]))
def test_no_text_breaks_it_and_no_words_are_invented(text: str, about: str) -> None:
    breath = split_matters(text, about=about)
    assert breath.matters
    if len(breath.matters) == 1:
        assert breath.matters == (Matter(text),)
        return
    assert all(each.text for each in breath.matters[1:])
    pieces = _bare("".join((*breath.texts, breath.caller)))
    assert len(pieces) <= len(_bare(text)) and set(pieces) <= set(text)
