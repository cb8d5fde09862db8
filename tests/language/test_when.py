"""Times: since when, and when it suits (TAX-091, DLG-012, DLG-030)."""

from datetime import datetime, timedelta, timezone

import pytest

from bot.language.when import WhenKind, read_when

# A Wednesday morning in China.
NOW = datetime(2023, 11, 15, 10, 0, tzinfo=timezone(timedelta(hours=8)))


def iso(day: int, hour: int, minute: int = 0) -> str:
    return NOW.replace(day=day, hour=hour, minute=minute).isoformat(timespec="minutes")


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("今天早上", iso(15, 6)),
        ("昨天晚上开始的", iso(14, 18)),
        ("昨晚十点", iso(14, 22)),
        ("两个小时前", iso(15, 8)),
        ("一个半小时了", iso(15, 8, 30)),
        ("三天了", iso(12, 10)),
        ("上周三开始", iso(8, 0)),
        ("今填早上", iso(15, 6)),
    ],
)
def test_since(text: str, start: str) -> None:
    reading = read_when(text, kind=WhenKind.SINCE, now=NOW)
    assert reading is not None and reading.start == start and reading.end is None


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("明天下午三点以后", iso(16, 15), None),
        ("下午三点到五点", iso(15, 15), iso(15, 17)),
        ("周六上午", iso(18, 8), iso(18, 12)),
        ("明天上午十点之前", None, iso(16, 10)),
        ("三点以后", iso(15, 15), None),
        ("20号上午", iso(20, 8), iso(20, 12)),
        ("随时都可以", iso(15, 10), None),
    ],
)
def test_available(text: str, start: str | None, end: str | None) -> None:
    reading = read_when(text, now=NOW)
    assert reading is not None and (reading.start, reading.end) == (start, end)


def test_keeps_the_words_without_a_clock() -> None:
    reading = read_when("呃明天下午三点以后吧")
    assert reading is not None
    assert (reading.text, reading.start, reading.end) == ("明天下午三点以后", None, None)


def test_vague_times_are_kept_but_not_computed() -> None:
    reading = read_when("好几天了", kind="since", now=NOW)
    assert reading is not None and reading.text == "好几天了" and reading.start is None


def test_mended_words_are_marked() -> None:
    reading = read_when("今填下午", now=NOW)
    assert reading is not None and reading.repaired and reading.text == "今天下午"


@pytest.mark.parametrize("text", ["五栋二单元", "厨房漏水", "", "不知道"])
def test_no_time(text: str) -> None:
    assert read_when(text, now=NOW) is None


def test_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError):
        read_when("明天", kind="sometime")
