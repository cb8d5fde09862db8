"""Addresses: TAX-090, TAX-115, TAX-118, DLG-004."""

import pytest

from bot.language.address import AddressPart, AddressReading, read_address
from bot.language.roster import Resident, Roster

ROSTER = Roster(
    {
        "4": {"2": ("401", "402")},
        "5": {"1": ("101",), "2": ("1001", "1002")},
        "6": {"1": ("302",)},
        "A": {"": ("1201",)},
    },
    (Resident("李明", "5", "2", "1001", "13812345678"),),
)


def parts(text: str, **options: object) -> dict[str, str] | None:
    reading = read_address(text, **options)  # type: ignore[arg-type]
    return None if reading is None else reading.parts()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("五栋二单元幺零零一", {"building": "5", "unit": "2", "room": "1001"}),
        ("5-2-1001", {"building": "5", "unit": "2", "room": "1001"}),
        ("五杠二杠一零零一", {"building": "5", "unit": "2", "room": "1001"}),
        ("三号楼", {"building": "3"}),
        ("B座", {"building": "B"}),
        ("A座一二零一", {"building": "A", "room": "1201"}),
        ("一期十二栋", {"phase": "1", "building": "12"}),
        ("二区三号楼六零二", {"phase": "2", "building": "3", "room": "602"}),
        ("负一层", {"floor": "-1"}),
        ("第十栋两单元", {"building": "10", "unit": "2"}),
        ("八号楼三单元六百零二", {"building": "8", "unit": "3", "room": "602"}),
        ("七栋十二零三", {"building": "7", "room": "1203"}),
        ("九栋十楼零二", {"building": "9", "floor": "10", "room": "1002"}),
        ("呃那个三栋的嗯二单元六零一", {"building": "3", "unit": "2", "room": "601"}),
    ],
)
def test_reads_addresses_as_they_are_spoken(text: str, wanted: dict[str, str]) -> None:
    assert parts(text) == wanted


@pytest.mark.parametrize(
    "text", ["物业费一年一千二怎么交", "我等了两个小时", "三个人五口人住", "你好", "", "十多天了"]
)
def test_numbers_that_are_no_address(text: str) -> None:
    assert parts(text) is None


@pytest.mark.parametrize(
    ("text", "part", "wanted"),
    [
        ("五", AddressPart.BUILDING, "5"),
        ("十二", AddressPart.BUILDING, "12"),
        ("二单元", AddressPart.UNIT, "2"),
        ("一", AddressPart.UNIT, "1"),
        ("1001", AddressPart.ROOM, "1001"),
        ("是幺零零一", AddressPart.ROOM, "1001"),
    ],
)
def test_a_bare_answer_is_what_was_asked(text: str, part: AddressPart, wanted: str) -> None:
    assert parts(text, expect=part) == {part.value: wanted}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("四栋不对是六栋一单元三零二", {"building": "6", "unit": "1", "room": "302"}),
        ("不是五栋是六栋", {"building": "6"}),
        ("不对是1002", {"room": "1002"}),
        ("部队是六栋", {"building": "6"}),
    ],
)
def test_corrections_take_the_later_word(text: str, wanted: dict[str, str]) -> None:
    assert parts(text) == wanted


@pytest.mark.parametrize(
    ("heard", "wanted"),
    [
        ("舞蹈二单元", {"building": "5", "unit": "2"}),
        ("五动二单元一零零一", {"building": "5", "unit": "2", "room": "1001"}),
        ("五洞二丹元妖零零一", {"building": "5", "unit": "2", "room": "1001"}),
    ],
)
def test_mends_by_sound_and_says_so(heard: str, wanted: dict[str, str]) -> None:
    reading = read_address(heard, ROSTER)
    assert reading is not None
    assert reading.parts() == wanted
    assert reading.repaired and reading.known


def test_a_mended_room_needs_the_question() -> None:
    assert parts("腰铃铃一", expect="room") == {"room": "1001"}
    assert parts("腰铃铃一") is None


def test_the_roster_settles_numbers_that_sound_alike() -> None:
    reading = read_address("十栋二单元四零一", ROSTER)
    assert reading is not None
    assert reading.building == "4" and reading.repaired and reading.known


def test_a_home_that_does_not_exist_is_marked_not_changed() -> None:
    reading = read_address("八栋三单元九零九", ROSTER)
    assert reading is not None
    assert reading.parts() == {"building": "8", "unit": "3", "room": "909"}
    assert reading.known is False and not reading.repaired


def test_parts_gather_over_turns() -> None:
    first = read_address("五栋")
    second = read_address("二单元1001", expect="unit")
    assert first is not None and second is not None
    whole = first.completed_with(second)
    assert whole.complete and whole.parts() == {"building": "5", "unit": "2", "room": "1001"}


def test_room_and_telephone_in_one_breath() -> None:
    assert parts("五栋二单元一零零一电话一三八一二三四五六七八") == {
        "building": "5",
        "unit": "2",
        "room": "1001",
    }


def test_names_the_place_too() -> None:
    reading = read_address("七号楼二单元三零幺厨房漏水")
    assert reading is not None and reading.place == "厨房"


def test_unknown_part_is_refused() -> None:
    with pytest.raises(ValueError):
        read_address("五", expect="street")


def test_nothing_read_is_not_complete() -> None:
    assert not AddressReading().complete
