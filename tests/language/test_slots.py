"""Slots of a whole turn by the labelling guide (nlu_data/README.md): TAX-089, TAX-090, TAX-115, TAX-118."""

from __future__ import annotations

import pytest

from bot.evaluation.slots import LABELLED_AT
from bot.language.roster import Roster
from bot.language.slots import SLOTS, Expects, hear, read_slots


def slots(text: str, expects: str, roster: Roster, caller: str = "") -> dict[str, str]:
    found = read_slots(text, expects=expects, roster=roster, now=LABELLED_AT, caller=caller)
    return {name: value for name, value in found.items() if name != "place"}


def home(building: str = "", unit: str = "", room: str = "") -> dict[str, str]:
    parts = {"building": building, "unit": unit, "room": room}
    return {name: value for name, value in parts.items() if value}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("二幢二单元 十一楼零四", home("2", "2", "1104")),
        ("六号楼二门五零一", home("6", "2", "501")),
        ("六幢一座九零二", home("6", "1", "902")),
        ("b座 五零六", home("B", "", "506")),
        ("一零三 二栋的 一单元", home("2", "1", "103")),
        ("住五栋 单元是二单元 房间幺零零四", home("5", "2", "1004")),
        ("门牌上写的 1 1 0 3", home("", "", "1103")),
        ("一二栋 幺单元 三幺零四", home("12", "1", "3104")),
        ("十五栋三单元二零二", home("15", "3", "202")),
        ("C座八零八", home("C", "", "808")),
        ("八栋一单元 两洞勾", home("8", "1", "209")),
        ("五栋二单元 拐零一", home("5", "2", "701")),
        ("三栋二单元 楼层忘了", home("3", "2")),
        ("我家二楼", {}),
        ("住一楼 一单元那边", home("", "1")),
        ("从小区门口数第三栋 二楼那家", {}),
        ("第十栋二单元四零三", home("10", "2", "403")),
    ],
)
def test_addresses_as_asked_for(text: str, wanted: dict[str, str], roster: Roster) -> None:
    assert slots(text, "address", roster) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("我们小区一共十二栋楼", {}),
        ("一栋楼三十层就两部电梯", {}),
        ("两个单元都没水", {}),
        ("地下二层A区积水", {}),
        ("车位B一零二被人占了", {}),
        ("水费这个月三百零八 不可能", {}),
        ("收我一百五凭什么", {}),
        ("电表六千七百零二", {}),
        ("一楼三户都淹了", {}),
        ("坐八零六路来的 八号楼怎么走", home("8")),
        ("打120了 地址是六栋二单元一二零三", home("6", "2", "1203")),
        ("电梯卡在十二楼了 我在三栋二单元", home("3", "2")),
        ("我家一百四十平 五栋一单元八零四", home("5", "1", "804")),
        ("建议单元门口装镜子", {}),
        ("水从五楼楼梯往下淌", {}),
    ],
)
def test_numbers_that_are_no_home(text: str, wanted: dict[str, str], roster: Roster) -> None:
    assert slots(text, "any", roster) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("我是八零二的 楼上九零二一直响", home("", "", "802")),
        ("隔壁三零三没人 我三零四 三栋一单元", home("3", "1", "304")),
        ("帮我爸报的 他家是一栋一单元三零一 我自己住五栋", home("1", "1", "301")),
        ("原来住三栋 现在搬到八栋二单元 二六零一了", home("8", "2", "2601")),
        ("刚才给你的是我女儿家的房号 我家是六栋四零一", home("6", "", "401")),
    ],
)
def test_whose_home_is_meant(text: str, wanted: dict[str, str], roster: Roster) -> None:
    assert slots(text, "any", roster) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("八栋 不不 六栋 二单元三零一", home("6", "2", "301")),
        ("六栋二单元三零一 说错了 三零二", home("6", "2", "302")),
        ("六栋二单元三零一 哦不对 是一单元", home("6", "1", "301")),
        ("二期六栋 一单元 六楼六号 没有六号啊 那是三号", home("6", "1", "603")),
        ("一零零一 错了 零二", home("", "", "1002")),
        ("不是五栋", {}),
    ],
)
def test_corrections(text: str, wanted: dict[str, str], roster: Roster) -> None:
    assert slots(text, "address", roster) == wanted


@pytest.mark.parametrize(
    ("heard", "wanted"),
    [
        ("物多二单元一零零一", home("5", "2", "1001")),
        ("真动一单元八零二", home("3", "1", "802")),
        ("十二重二六零四", home("12", "", "2604")),
        ("三号楼腰单元二零四", home("3", "1", "204")),
        ("喜爱号楼", home("12")),
        ("三楼一单元一七零一", home("3", "1", "1701")),
        ("庇座八百零一", home("B", "", "801")),
        ("在雷座要发零五", home("A", "", "1805")),
        ("二单元一零六零三 二号楼", home("2", "2", "1603")),
        ("我十二号楼两单元五零三", home("2", "2", "503")),
        ("一栋一零零三十", home("1", "", "1003")),
    ],
)
def test_heard_against_the_real_homes(heard: str, wanted: dict[str, str], roster: Roster) -> None:
    assert slots(heard, "address", roster) == wanted
    reading = hear(heard, expects="address", roster=roster).address
    assert reading is not None and reading.repaired


def test_two_homes_that_fit_alike_are_asked_for() -> None:
    # 有 may be 幺 or 九, and there is a room for either.
    roster = Roster({"5": {"1": ("101", "901")}})
    assert slots("有零一", "address", roster) == {}
    alone = Roster({"5": {"1": ("101",)}})
    assert slots("有零一", "address", alone) == home("", "", "101")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("一五八六个六 八八", "15866666688"),
        ("座机 零二九 八四五六 一二三四", "02984561234"),
        ("+86 13700001234", "13700001234"),
        ("一三九 一二三四 五六七八 不对 最后是六七八零", "13912346780"),
        ("一百八十六 三三四四 五五六六", "18633445566"),
        ("幺拐洞 幺两三四 五六拐八", "17012345678"),
        ("一三五 我想想 零零一一 二二三三", "13500112233"),
        ("零九八三六二六三七三五", "19836263735"),
        ("1 5 8，零零零零，四四四", "15800004444"),
    ],
)
def test_telephones(text: str, number: str, roster: Roster) -> None:
    assert slots(text, "phone", roster) == {"phone": number}


@pytest.mark.parametrize(
    "text", ["尾号六六七八", "一八九一二三四五六七", "就打这个电话", "一三六开头"]
)
def test_no_telephone(text: str, roster: Roster) -> None:
    assert slots(text, "phone", roster) == {}


def test_the_calling_number(roster: Roster) -> None:
    assert slots("就这个号码", "phone", roster, "13512345678") == {"phone": "13512345678"}
    assert slots("就这个号码", "phone", roster) == {}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("我叫欧阳雪", "欧阳雪"),
        ("赵阿姨", "赵女士"),
        ("叫我老吴就行", "吴"),
        ("姓胡 古月胡", "胡"),
        ("我先生姓王 我姓刘", "刘"),
        ("李明明天的明", "李明"),
        ("姓刘刘桂花", "刘桂花"),
        ("我叫李想 木子李 想念的想", "李想"),
        ("我不姓李我姓黎", "黎"),
        ("李嫂张", "章"),
        ("姓子马", "司马"),
        ("叫刘阳", "刘洋"),
        ("我是张建国的闺女", ""),
        ("登记的是我爸 叫赵国强", ""),
        ("我是房东", ""),
        ("业主叫王芳", ""),
    ],
)
def test_names(text: str, name: str, roster: Roster) -> None:
    assert slots(text, "name", roster).get("caller_name", "") == name


@pytest.mark.parametrize(
    "text",
    [
        "那个姓王的保安骂我",
        "我付钱",
        "谢谢阿姨",
        "我神经衰弱",
        "老人叫关到电梯里了",
        "找一下李经理",
        "王师傅上次修的又坏了",
    ],
)
def test_no_name_where_none_was_asked(text: str, roster: Roster) -> None:
    assert "caller_name" not in slots(text, "any", roster)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("r p 二零二六 幺幺 零九 零零四", "RP20261109004"),
        ("阿尔屁 2026 1117 002", "RP20261117002"),
        ("TS二零二六年十一月八号零零六", "TS20261108006"),
        ("Z X 2026 11 05 001 不对 002", "ZX20261105002"),
        ("雷艾克420261128012", "ZX20261128012"),
        ("协会二零二九一零二八零一九", "JY20261028019"),
        ("二零二六一一零三零零八", ""),
        ("ZZ202601019010", ""),
    ],
)
def test_ticket_numbers(text: str, number: str, roster: Roster) -> None:
    assert slots(text, "ticket", roster).get("ticket_number", "") == number


@pytest.mark.parametrize(
    ("text", "expects", "start", "end"),
    [
        ("五天了都", "since", "2026-11-13T14:00", None),
        ("前天 不对 大前天", "since", "2026-11-15T00:00", None),
        ("一个多星期了", "since", "2026-11-11T14:00", None),
        ("上礼拜天", "since", "2026-11-15T00:00", None),
        ("夜里两点", "since", "2026-11-18T02:00", None),
        ("两三天了", "since", None, None),
        ("周日不行 周六上午十点以后", "available", "2026-11-21T10:00", None),
        ("周末都行", "available", "2026-11-21T00:00", "2026-11-23T00:00"),
        ("下中三下午四点", "available", "2026-11-25T16:00", None),
        ("六点下班以后", "available", "2026-11-18T18:00", None),
        ("半个小时以后", "available", "2026-11-18T14:30", None),
        ("得问问我老公", "available", None, None),
        ("明天下午", "any", None, None),
    ],
)
def test_times(text: str, expects: str, start: str | None, end: str | None, roster: Roster) -> None:
    found = slots(text, expects, roster)
    assert (found.get("start"), found.get("end")) == (start, end)


def test_everything_in_one_breath(roster: Roster) -> None:
    said = "我是二栋一单元九零四的周丽 电话一八六零零零零六六六六 厨房漏水"
    wanted = {**home("2", "1", "904"), "phone": "18600006666", "caller_name": "周丽"}
    assert slots(said, "any", roster) == wanted
    assert read_slots(said, roster=roster)["place"] == "厨房"


def test_a_resident_whose_room_lost_a_digit(roster: Roster) -> None:
    said = "我叫王芳三栋二单元二零一"
    assert slots(said, "any", roster) == {**home("3", "2", "1201"), "caller_name": "王芳"}
    assert slots("我叫王强三栋二单元二零一", "any", roster)["room"] == "201"


def test_digits_of_another_answer_are_no_room(roster: Roster) -> None:
    for expects in ("phone", "ticket", "other"):
        assert slots("一二零一", expects, roster) == {}
    assert slots("一二零一", "address", roster) == home("", "", "1201")
    assert slots("不对 房号是一二零一", "phone", roster) == home("", "", "1201")


def test_only_known_questions() -> None:
    with pytest.raises(ValueError):
        read_slots("五栋", expects="street")
    assert {one.value for one in Expects} >= {"address", "phone", "name", "ticket", "any"}


def test_values_are_named_and_never_empty(roster: Roster) -> None:
    found = read_slots(
        "五栋二单元我姓李明天下午", expects="available", roster=roster, now=LABELLED_AT
    )
    assert set(found) <= set(SLOTS) and all(found.values())


def test_a_name_does_not_follow_a_mere_place() -> None:
    assert "caller_name" not in read_slots("管道井跟我家卧室就隔一层石膏板")
