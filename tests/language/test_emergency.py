"""Emergency spotting: EMG-001, EMG-013 to EMG-031, EMG-038 to EMG-041."""

import pytest

from bot.language.danger import spot_in_turn
from bot.language.emergency import (
    QUESTIONS,
    EmergencyAction,
    EmergencyKind,
    EmergencySpotter,
    question_for,
)

SPOTTER = EmergencySpotter()


def transfers(text: str) -> EmergencyKind | None:
    finding = SPOTTER.spot(text, final=True)
    return finding.kind if finding and finding.action is EmergencyAction.TRANSFER else None


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (EmergencyKind.ELEVATOR_TRAPPED, "我跟我妈困在二单元电梯里了"),  # EMG-013
        (EmergencyKind.ELEVATOR_TRAPPED, "电梯停在半空门打不开里面有老人"),
        (EmergencyKind.FIRE, "隔壁厨房烧起来了快来人"),  # EMG-014
        (EmergencyKind.FIRE, "楼道里全是黑烟"),
        (EmergencyKind.GAS_LEAK, "一进屋煤气味特别大"),  # EMG-021
        (EmergencyKind.GAS_LEAK, "燃气管被挖断了"),
        (EmergencyKind.BURST_PIPE, "水管爆了水到处喷"),  # EMG-015
        (EmergencyKind.BURST_PIPE, "阀门断了水止不住"),
        (EmergencyKind.ELECTRIC_HAZARD, "师傅修灯触电了"),  # EMG-030
        (EmergencyKind.MEDICAL, "我爸晕倒了叫不醒"),  # EMG-023
        (EmergencyKind.VIOLENCE_INTRUSION, "有人拿着刀在砸门"),  # EMG-022
        (EmergencyKind.FALLING_OBJECT, "楼上掉下来的花盆砸到人了"),  # EMG-020
        (EmergencyKind.FLOOD, "地下车库进水了水很深"),  # EMG-031
    ],
)
def test_every_kind_is_put_through_at_once(kind: EmergencyKind, text: str) -> None:
    assert transfers(text) is kind


@pytest.mark.parametrize(
    ("kind", "heard"),
    [
        (EmergencyKind.FIRE, "我家找火了"),
        (EmergencyKind.ELEVATOR_TRAPPED, "我被捆在电梯里"),
        (EmergencyKind.ELEVATOR_TRAPPED, "电梯亏人了"),
        (EmergencyKind.BURST_PIPE, "水管抱了"),
        (EmergencyKind.GAS_LEAK, "我家里没气味好大"),
        (EmergencyKind.GAS_LEAK, "厨房没去位好大"),
        (EmergencyKind.GAS_LEAK, "没气泄漏了"),
    ],
)
def test_hears_through_the_recognisers_errors(kind: EmergencyKind, heard: str) -> None:
    assert transfers(heard) is kind


@pytest.mark.parametrize(
    "text",
    [
        "没有着火就是有人抽烟",
        "我不是困在电梯里我要报修",
        "煤气没有泄漏我就是问问安检",
        "水管没爆有点渗水",
        "去年我们楼着过火",
        "上次电梯困人的赔偿什么时候给",
        "火已经扑灭了",
        "人已经救出来了谢谢",
        "明天是不是有消防演习",
        "如果着火了应该往哪里跑",
        "万一水管爆了总阀在哪",
        "楼道堆东西容易着火",
        "电动车上楼充电怕着火",
        "真是气炸了你们什么态度",
        "火锅店排烟吵死了",
        "我的电梯卡丢了",
        "燃气费怎么交",
        "消防通道被占了",
        "猫眼坏了帮我换一个",
        "水管报修了三天没人来",
        "这事到底谁管",
        "家里没气了是不是欠费",
        "家里没煤气味",
        "水龙头滴水三天了",
        "我困了楼上还在吵",
        "招找活干的保洁吗",
        "跳闸了又好了",
        "",
    ],
)
def test_what_is_none_stays_none(text: str) -> None:
    assert transfers(text) is None


def test_what_is_taken_back_is_not_even_asked_about() -> None:
    for text in ("没着火", "火锅好吃", "如果着火怎么办", "演习的时候电梯困人了"):
        assert SPOTTER.spot(text, final=True) is None


def test_a_denial_of_one_thing_does_not_hide_another() -> None:
    assert transfers("没有着火但是煤气漏了味道很大") is EmergencyKind.GAS_LEAK
    assert transfers("上次修好了现在水管又爆了") is EmergencyKind.BURST_PIPE
    assert transfers("不是演习真的着火了") is EmergencyKind.FIRE


def test_doubt_is_a_question_not_a_transfer() -> None:
    finding = SPOTTER.spot("好像有点煤气味", final=True)
    assert finding is not None
    assert finding.action is EmergencyAction.ASK
    assert question_for(finding.kind) == QUESTIONS[EmergencyKind.GAS_LEAK]


def test_garbled_almost_beyond_hearing_is_at_least_asked_about() -> None:
    finding = SPOTTER.spot("厨房的水刀臭流", final=True)  # 水到处流
    assert finding is not None and finding.kind is EmergencyKind.BURST_PIPE


def test_one_layer_alone_asks_where_the_other_disagrees() -> None:
    # The pattern is as sure of 是不是着火了 as of 着火了; the learned layer hears a question.
    finding = SPOTTER.spot("是不是着火了", final=True)
    assert finding is not None and finding.kind is EmergencyKind.FIRE
    assert finding.action is EmergencyAction.ASK


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (EmergencyKind.ELEVATOR_TRAPPED, "我们几个被关在里头了门怎么都扒不开"),
        (EmergencyKind.BURST_PIPE, "卫生间那个水止都止不住已经漫到客厅了"),
        (EmergencyKind.GAS_LEAK, "厨房一股臭鸡蛋味越来越浓我头都疼了"),
        (EmergencyKind.MEDICAL, "楼下老太太喊了半天屋里没人应门也反锁着"),
    ],
)
def test_needs_no_keyword(kind: EmergencyKind, text: str) -> None:
    finding = SPOTTER.spot(text, final=True)
    assert finding is not None and finding.kind is kind


def test_levels_follow_the_three_response_levels() -> None:
    # EMG-040: fire, people in lifts and water everywhere are the third level.
    for text in ("着火了", "电梯困人了快来", "水管爆了家里全淹了到处是水"):
        finding = SPOTTER.spot(text, final=True)
        assert finding is not None and finding.level == 3
    burst = SPOTTER.spot("水管爆了", final=True)
    assert burst is not None and burst.level == 2


def test_says_where_and_what_it_matched() -> None:
    text = "你好五栋电梯困人了快来"
    finding = SPOTTER.spot(text, final=True)
    assert finding is not None
    assert text[finding.start : finding.end] == finding.matched
    assert "困人" in finding.matched
    assert 0 < finding.confidence <= 1


@pytest.mark.parametrize(
    "text", ["着火了快来人啊", "我困在电梯里了快来人救我", "家里煤气漏了头好晕"]
)
def test_fires_before_the_sentence_ends(text: str) -> None:
    fired = [end for end in range(1, len(text)) if SPOTTER.spot(text[:end])]
    assert fired, "an interim text must be enough"


@pytest.mark.parametrize(
    "text",
    [
        "电梯困人应急电话是多少",
        "着火的那户后来怎么样了",
        "水管爆了归谁赔",
        "火锅店排烟吵死了",
        "打人工电话怎么转",
        "电梯卡丢了怎么补办",
    ],
)
def test_waits_while_the_next_words_may_take_it_back(text: str) -> None:
    assert not any(SPOTTER.spot(text[:end]) for end in range(1, len(text) + 1))


def test_interim_texts_never_raise_questions() -> None:
    assert SPOTTER.spot("好像有点煤气味") is None


def test_alternatives_raise_a_question_or_settle_one() -> None:
    alone = SPOTTER.spot("我家桌子坏了", final=True)
    asked = SPOTTER.spot("我家桌子坏了", final=True, alternatives=["我家着火了"])
    assert alone is None
    assert asked is not None and asked.action is EmergencyAction.ASK
    doubted = SPOTTER.spot("是不是着火了", final=True)
    settled = SPOTTER.spot("是不是着火了", final=True, alternatives=["就是着火了"])
    assert doubted is not None and doubted.action is EmergencyAction.ASK
    assert settled is not None and settled.action is EmergencyAction.TRANSFER


def test_every_kind_has_its_closed_question() -> None:
    # SCR-023: closed questions settle facts; SCR-043: one at a time, short.
    for kind in EmergencyKind:
        question = question_for(kind)
        assert question.endswith("？") and "是不是" in question and len(question) <= 30


@pytest.mark.parametrize("text", ["水在流", "喷出来了", "往下淌水"])
def test_a_few_syllables_of_answer_are_no_news_by_sound_alone(text: str) -> None:
    """Asked how bad a leak is (DLG-006), the learned layer alone must be far surer."""
    alone = SPOTTER.spot(text, final=True)
    assert alone is not None
    assert alone.action is EmergencyAction.TRANSFER
    answer = SPOTTER.spot(text, final=True, answering=True)
    assert alone.confidence >= 0.9 or (answer and answer.action is EmergencyAction.ASK)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (EmergencyKind.FIRE, "着火了"),
        (EmergencyKind.FIRE, "冒烟了"),
        (EmergencyKind.BURST_PIPE, "水喷得到处都是"),
        (EmergencyKind.ELEVATOR_TRAPPED, "电梯停在半空门打不开里面有老人"),
    ],
)
def test_an_answer_that_tells_of_danger_is_put_through_all_the_same(
    kind: EmergencyKind, text: str
) -> None:
    found = SPOTTER.spot(text, final=True, answering=True)
    assert found is not None
    assert (found.kind, found.action) == (kind, EmergencyAction.TRANSFER)


@pytest.mark.parametrize(
    "text", ["我家着火了，还有水龙头也漏水", "厨房水龙头一直在滴水，还有我妈被关在电梯里了"]
)
def test_danger_is_found_beside_a_dripping_tap(text: str) -> None:
    found = spot_in_turn(SPOTTER, text)
    assert found is not None
    assert found.action is EmergencyAction.TRANSFER
    assert found.kind in (EmergencyKind.FIRE, EmergencyKind.ELEVATOR_TRAPPED)


def test_is_pure() -> None:
    first = SPOTTER.spot("着火了快来", final=True)
    SPOTTER.spot("没着火", final=True)
    assert SPOTTER.spot("着火了快来", final=True) == first
