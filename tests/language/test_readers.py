"""Telephones, names, ticket numbers, severity, places, numerals."""

from datetime import date, datetime, timedelta, timezone

import pytest

from bot.language.numbers import find_numbers, read_number, say_number
from bot.language.person import read_person
from bot.language.phone import PhoneProblem, read_phone
from bot.language.place import PlaceScope, read_place
from bot.language.roster import Resident, Roster
from bot.language.severity import SeverityGrade, read_severity
from bot.language.ticket_number import read_ticket_number

SITE = timezone(timedelta(hours=8))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("13812345678", "13812345678"),
        ("幺三九幺二三四五六七八", "13912345678"),
        ("一三八 呃 一二三四 嗯 五六七八", "13812345678"),
        ("一三九三个八幺二三四五", "13988812345"),
        ("零二幺六四五三二幺九八", "02164532198"),
        ("电话6234 5678", "62345678"),
        ("一三八一二三四五六七八不对一三九一二三四五六七八", "13912345678"),
    ],
)
def test_telephone_numbers(text: str, number: str) -> None:  # TAX-118
    reading = read_phone(text)
    assert reading is not None and reading.number == number and not reading.repaired


def test_digits_that_only_sound_right_are_marked_mended() -> None:
    for heard in ("要三八幺二三四五六七八", "一三八一二三是五六七八"):
        reading = read_phone(heard, expect=True)
        assert reading is not None and reading.number == "13812345678"
        assert reading.repaired


@pytest.mark.parametrize("text", ["就这个号码", "就是我打的这个", "打这个就行", "来电号码"])
def test_the_callers_own_number(text: str) -> None:
    reading = read_phone(text, expect=True)
    assert reading is not None and reading.same_as_caller and reading.number is None


def test_a_wrong_number_of_digits_is_reported_not_guessed() -> None:
    short = read_phone("一三八一二三四", expect=True)
    long = read_phone("一三八一二三四五六七八九", expect=True)
    assert short is not None and long is not None
    assert (short.number, short.problem) == (None, PhoneProblem.TOO_SHORT)
    assert (long.number, long.problem) == (None, PhoneProblem.TOO_LONG)


@pytest.mark.parametrize("text", ["五栋二单元一零零一", "物业费一年一千二", "换一个别打这个", ""])
def test_no_telephone_number(text: str) -> None:
    assert read_phone(text) is None


@pytest.mark.parametrize(
    ("text", "full", "title"),
    [
        ("我姓李", "李", None),
        ("免贵姓王", "王", None),
        ("我叫李明", "李明", None),
        ("我叫王小明电话是", "王小明", None),
        ("我是三栋的李女士", "李", "女士"),
        ("木子李", "李", None),
        ("复姓欧阳", "欧阳", None),
    ],
)
def test_names(text: str, full: str, title: str | None) -> None:  # TAX-089, SCR-033
    reading = read_person(text)
    assert reading is not None
    assert (reading.full, reading.title) == (full, title)


@pytest.mark.parametrize(
    "text", ["我叫人来修", "我叫了三次", "你们王师傅修的", "我心里不舒服", "高兴"]
)
def test_no_name(text: str) -> None:
    assert read_person(text) is None


def test_a_name_by_sound_only_when_asked_for() -> None:
    assert read_person("我心里") is None
    reading = read_person("我心里", expect_name=True)
    assert reading is not None and reading.surname == "李" and reading.repaired


def test_residents_surnames_win_among_those_that_sound_alike() -> None:
    roster = Roster({"1": {"1": ()}}, (Resident("黎叔", "1", "1", "101"),))
    reading = read_person("我姓里", expect_name=True, roster=roster)
    assert reading is not None and reading.surname == "黎"


NOW = datetime(2023, 11, 15, 9, 0, tzinfo=SITE)


@pytest.mark.parametrize(
    "text",
    [
        "RP20231115001",
        "R P 二零二三一一一五零零幺",
        "rp 2023 1115 001",
        "报修单二零二三幺幺幺五零零一",
    ],
)
def test_ticket_numbers(text: str) -> None:  # TAX-125
    reading = read_ticket_number(text, now=NOW)
    assert reading is not None and reading.number == "RP20231115001"
    assert (reading.day, reading.sequence) == (date(2023, 11, 15), "001")


def test_short_ticket_number_of_today() -> None:
    reading = read_ticket_number("今天的001号", now=NOW)
    assert reading is not None
    assert (reading.day, reading.sequence, reading.number) == (date(2023, 11, 15), "001", None)
    assert read_ticket_number("五号楼", now=NOW) is None
    assert read_ticket_number("二零二三九九九九零零一", now=NOW) is None


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("不太严重", SeverityGrade.SLIGHT),
        ("滴得快地上一小滩水", SeverityGrade.MODERATE),
        ("哗哗流关不住", SeverityGrade.SERIOUS),
        ("往外喷", SeverityGrade.DANGEROUS),
        ("漏到楼下了", SeverityGrade.DANGEROUS),
        ("插座进水了", SeverityGrade.DANGEROUS),
    ],
)
def test_severity(text: str, grade: SeverityGrade) -> None:  # DLG-006, DLG-011
    reading = read_severity(text)
    assert reading is not None and reading.grade is grade
    assert reading.escalates is (grade is SeverityGrade.DANGEROUS)


def test_a_denied_severity_does_not_count() -> None:
    assert read_severity("没有漏到楼下") is None
    mild = read_severity("没有喷就是一直滴")
    assert mild is not None and not mild.escalates


def test_places() -> None:  # TAX-110
    kitchen = read_place("厨房水槽下面的管子")
    garage = read_place("地库那边漏水")
    heard = read_place("未生间的灯坏了")
    assert kitchen is not None and "厨房" in (kitchen.place, *kitchen.others)
    assert garage is not None and garage.scope is PlaceScope.PUBLIC
    assert heard is not None and heard.place == "卫生间" and heard.repaired
    assert read_place("你好") is None


@pytest.mark.parametrize(
    ("numeral", "value"),
    [
        ("十二", 12),
        ("一百零五", 105),
        ("一千二", 1200),
        ("两百", 200),
        ("幺零零一", 1001),
        ("三万五", 35000),
    ],
)
def test_numerals(numeral: str, value: int) -> None:
    assert read_number(numeral) == value


def test_numerals_keep_leading_zeros_and_are_isolated() -> None:
    spans = find_numbers("零零一号交三百元")
    assert [(span.digits, span.value) for span in spans] == [("001", 1), ("300", 300)]


@pytest.mark.parametrize("value", [0, 10, 15, 105, 110, 1001, 1010, 10001, 20300, 99999999])
def test_numbers_said_read_back(value: int) -> None:
    assert read_number(say_number(value)) == value
