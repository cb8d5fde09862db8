"""Reading times: since when (三天了, 今天早上) and when someone is at home (明天下午三点以后).

The words are kept in normal form for the ticket; with the site's time given
they also become a range in ISO 8601, computed in that time's zone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum

from bot.language.numbers import read_number
from bot.language.phrases import Closeness, PhraseTable
from bot.language.pinyin import LONGEST_READ, sounds_of


class WhenKind(str, Enum):
    """Which way a time without a day lies."""

    SINCE = "since"
    AVAILABLE = "available"


@dataclass(frozen=True)
class WhenReading:
    """A time as read.

    Attributes:
        text: The words in normal form, fillers gone.
        start: Start as ISO 8601, or None when open or not computable.
        end: End as ISO 8601, or None when open or not computable.
        span: The caller's words.
        repaired: A word was read by its sound.
    """

    text: str
    start: str | None
    end: str | None
    span: str
    repaired: bool


_NUM = "[0-9零一二两三四五六七八九十]{1,3}"
_DAYS = {
    "大前天": -3, "前天": -2, "昨天": -1, "昨日": -1, "昨儿": -1, "今天": 0, "今日": 0, "今儿": 0, "明天": 1, "明日": 1,
    "明儿": 1, "大后天": 3, "后天": 2, "昨晚": -1, "昨夜": -1, "今早": 0, "今晚": 0, "明早": 1, "明晚": 1,
}  # fmt: skip
_DAY_PART = {
    "昨晚": "晚上",
    "昨夜": "半夜",
    "今早": "早上",
    "今晚": "晚上",
    "明早": "早上",
    "明晚": "晚上",
}
_PARTS: dict[str, tuple[int, int]] = {
    "凌晨": (0, 6), "半夜": (0, 5), "清晨": (5, 8), "一大早": (6, 9), "早上": (6, 10), "早晨": (6, 10), "上午": (8, 12),
    "中午": (11, 14), "下午": (12, 18), "傍晚": (17, 20), "晚上": (18, 23), "夜里": (20, 24), "白天": (8, 18),
}  # fmt: skip
_AFTERNOON = frozenset(("下午", "傍晚", "晚上", "夜里"))
_UNIT_DAYS = {"天": 1.0, "日": 1.0, "星期": 7.0, "礼拜": 7.0, "周": 7.0, "月": 30.0, "年": 365.0}
_UNIT_HOURS = {"小时": 1.0, "钟头": 1.0, "分钟": 1 / 60, "刻钟": 0.25}
_WEEKDAYS = (
    {c: i for i, c in enumerate("一二三四五六日")} | {"天": 6} | {str(i + 1): i for i in range(7)}
)
_NORMAL_WORDS = (
    "大前天 前天 昨天 今天 明天 大后天 后天 昨晚 今早 今晚 明早 明晚 凌晨 半夜 清晨 早上 早晨 "
    "上午 中午 下午 傍晚 晚上 夜里 白天 刚才 刚刚 周末 随时 以后 之后 以前 之前 左右 星期 礼拜"
)
_SOUND_TABLE = PhraseTable({"word": _NORMAL_WORDS}, folded=False)

_DAY = re.compile("|".join(_DAYS))
_WEEKDAY = re.compile("(上上|上|这|本|下下|下)?个?(?:周|星期|礼拜)([一二三四五六日天1-7])")
_WEEKEND = re.compile("(上|这|本|下)?个?周末")
_DATE = re.compile(f"(?:({_NUM})月({_NUM})[号日]?|({_NUM})[号日](?![楼栋]))")
_PART = re.compile("|".join(_PARTS))
_CLOCK = re.compile(
    f"({_NUM})(?:点钟?|[:：时])(半|一刻|三刻|{_NUM}(?=分|$|[^天个月号栋点]))?分?整?"
)
_AFTER = re.compile("(?:以后|之后|过后|往后|开始|起|后)")
_BEFORE = re.compile("(?:以前|之前|前)")
_ABOUT = re.compile("左右|前后|大概|差不多")
_TO = re.compile("到|至|-|—|~")
_NOW = re.compile("刚才|刚刚|刚|现在|马上|立刻|这会儿|尽快|越快越好|赶紧")
_ANYTIME = re.compile("随时|都(?:可以|行|在家?)|全天|什么时候都|一直在家|任何时候|一整天")
_DURATION = re.compile(
    f"(半|好几|几|{_NUM})(?:个)?(多)?(半)?(小时|钟头|分钟|刻钟|天|星期|礼拜|周|月|年)(多|半)?(?=.{{0,2}}(了|前|以前|之前)|$|[^后内里])"
)
_LONG = re.compile("好久了?|很久了?|老早|一直都?(?:这样|有)|一阵子|长时间|好些天")


def read_when(
    text: str, *, kind: WhenKind | str = WhenKind.AVAILABLE, now: datetime | None = None
) -> WhenReading | None:
    """Read when something began or when it suits the caller.

    Args:
        text: What the caller said.
        kind: Which of the two was asked.
        now: The site's present time; without it nothing is computed.

    Raises:
        ValueError: ``kind`` is neither.
    """
    kind = WhenKind(kind)
    text = text[:LONGEST_READ]
    plain, repaired = _normalised(text)
    return _duration(plain, text, kind, now, repaired) or _moment(plain, text, kind, now, repaired)


def _normalised(text: str) -> tuple[str, bool]:
    """Words that only sound right put right, offsets kept."""
    sounds = sounds_of(text)
    letters = list(text)
    repaired = False
    for hit in _SOUND_TABLE.find(sounds):
        if hit.closeness is not Closeness.SOUND:
            continue
        for offset, character in enumerate(hit.phrase):
            letters[sounds.starts[hit.first + offset]] = character
        repaired = True
    return "".join(letters), repaired


def _duration(
    plain: str, text: str, kind: WhenKind, now: datetime | None, repaired: bool
) -> WhenReading | None:
    if kind is not WhenKind.SINCE:
        return None
    match = _DURATION.search(plain)
    if match is None:
        long_ago = _LONG.search(plain)
        if long_ago is None or _DAY.search(plain):
            return None
        return WhenReading(long_ago.group(), None, None, long_ago.group(), repaired)
    count_said, _, half, unit, tail, mark = match.groups()
    vague = count_said in ("好几", "几")
    count = 0.5 if count_said == "半" else float(read_number(count_said) or 0)
    if half or tail == "半":
        count += 0.5
    words = match.group() + ("了" if mark == "了" else "前")
    if unit == "月" and "个" not in match.group():
        return None
    if unit == "天" and count_said == "半":
        return WhenReading("半天了", None, None, match.group(), repaired)
    start = None
    if now is not None and not vague:
        days = _UNIT_DAYS.get(unit)
        hours = count * (days * 24 if days is not None else _UNIT_HOURS[unit])
        if hours > 24 * 3650:
            return None
        began = now - timedelta(hours=hours)
        start = (
            began.date().isoformat() if days is not None else began.isoformat(timespec="minutes")
        )
    span = text[match.start() : match.end()]
    return WhenReading(words, start, None, span, repaired)


def _moment(
    plain: str, text: str, kind: WhenKind, now: datetime | None, repaired: bool
) -> WhenReading | None:
    pieces: list[tuple[int, int]] = []

    def take(match: re.Match[str] | None) -> re.Match[str] | None:
        if match is not None:
            pieces.append(match.span())
        return match

    day_match = take(_DAY.search(plain))
    weekday = None if day_match else take(_WEEKDAY.search(plain))
    weekend = None if day_match or weekday else take(_WEEKEND.search(plain))
    date_match = None if day_match or weekday or weekend else take(_DATE.search(plain))
    part_match = take(_PART.search(plain, day_match.end() if day_match else 0))
    clock = take(_CLOCK.search(plain))
    second = None
    if clock is not None:
        bridge = _TO.match(plain, clock.end())
        if bridge:
            pieces.append(bridge.span())
            second = take(_CLOCK.search(plain, bridge.end()))
    anytime = take(_ANYTIME.search(plain))
    present = None
    if not pieces:
        present = take(_NOW.search(plain))
    if not pieces:
        return None
    last = max(end for _, end in pieces)
    after = take(_AFTER.match(plain, last))
    before = None if after else take(_BEFORE.match(plain, last))
    about = take(_ABOUT.search(plain))
    pieces.sort()
    words = "".join(plain[first:stop] for first, stop in pieces)
    span = text[pieces[0][0] : pieces[-1][1]]
    if now is None:
        return WhenReading(words, None, None, span, repaired)
    if present is not None:
        return WhenReading(words, now.isoformat(timespec="minutes"), None, span, repaired)
    day = _day(day_match, weekday, weekend, date_match, kind, now)
    part = (
        part_match.group() if part_match else _DAY_PART.get(day_match.group() if day_match else "")
    )
    start, end = _range(day, part, clock, second, weekend is not None, kind, now)
    if start is None:
        if anytime is None:
            return WhenReading(words, None, None, span, repaired)
        return WhenReading(words, now.isoformat(timespec="minutes"), None, span, repaired)
    if about is not None and clock is not None and second is None:
        end = start + timedelta(minutes=30)
        start -= timedelta(minutes=30)
    if after is not None or kind is WhenKind.SINCE:
        end = None
    elif before is not None:
        start, end = None, start
    return WhenReading(words, _iso(start), _iso(end), span, repaired)


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="minutes")


def _day(
    day: re.Match[str] | None,
    weekday: re.Match[str] | None,
    weekend: re.Match[str] | None,
    date_match: re.Match[str] | None,
    kind: WhenKind,
    now: datetime,
) -> date | None:
    today = now.date()
    monday = today - timedelta(days=today.weekday())
    weeks = {"上上": -2, "上": -1, "这": 0, "本": 0, "下": 1, "下下": 2}
    if day is not None:
        return today + timedelta(days=_DAYS[day.group()])
    if weekday is not None or weekend is not None:
        which = weekday.group(1) if weekday else weekend.group(1) if weekend else None
        index = _WEEKDAYS[weekday.group(2)] if weekday else 5
        found = monday + timedelta(days=index + 7 * weeks.get(which or "", 0))
        if which is None and kind is WhenKind.AVAILABLE and found < today:
            found += timedelta(days=7)
        if which is None and kind is WhenKind.SINCE and found > today:
            found -= timedelta(days=7)
        return found
    if date_match is not None:
        return _calendar_day(date_match, kind, today)
    return None


def _calendar_day(match: re.Match[str], kind: WhenKind, today: date) -> date | None:
    month_said, day_said, only_day = match.groups()
    number = read_number(day_said or only_day)
    month = read_number(month_said) if month_said else today.month
    if number is None or month is None:
        return None
    step = 1 if kind is WhenKind.AVAILABLE else -1
    for shift in range(0, 3):
        if month_said:
            year, wanted = today.year + step * shift, month
        else:
            months = today.year * 12 + today.month - 1 + step * shift
            year, wanted = months // 12, months % 12 + 1
        try:
            found = date(year, wanted, number)
        except ValueError:
            continue
        if (found >= today) if step > 0 else (found <= today):
            return found
    return None


def _range(
    day: date | None,
    part: str | None,
    clock: re.Match[str] | None,
    second: re.Match[str] | None,
    weekend: bool,
    kind: WhenKind,
    now: datetime,
) -> tuple[datetime | None, datetime | None]:
    base = day or now.date()
    if clock is not None:
        start = _at(base, clock, part, kind, now, guess=day is None)
        if start is None:
            return None, None
        end = None
        if second is not None:
            end = _at(base, second, part, kind, now, guess=False)
            while (
                end is not None
                and end <= start
                and end.hour < 13
                and end + timedelta(hours=12) > start
            ):
                end += timedelta(hours=12)
        return start, end
    if part is not None:
        first, last = _PARTS[part]
        start = _moment_at(base, first, now)
        end = _moment_at(base, last, now)
        if day is None and kind is WhenKind.AVAILABLE and end < now:
            start, end = start + timedelta(days=1), end + timedelta(days=1)
        if day is None and kind is WhenKind.SINCE and start > now:
            start, end = start - timedelta(days=1), end - timedelta(days=1)
        return start, end
    if day is None:
        return None, None
    start = _moment_at(base, 0, now)
    return start, start + timedelta(days=2 if weekend else 1)


def _moment_at(day: date, hour: int, now: datetime) -> datetime:
    return datetime.combine(day, time(0), tzinfo=now.tzinfo) + timedelta(hours=hour)


def _at(
    day: date, clock: re.Match[str], part: str | None, kind: WhenKind, now: datetime, *, guess: bool
) -> datetime | None:
    hour = read_number(clock.group(1))
    if hour is None or hour > 24:
        return None
    minute_said = clock.group(2)
    special = {"半": 30, "一刻": 15, "三刻": 45}
    minute = (
        special.get(minute_said or "", 0)
        if not minute_said or minute_said in special
        else read_number(minute_said)
    )
    if minute is None or minute > 59:
        return None
    if (part in _AFTERNOON and hour < 12) or (part == "中午" and hour < 3):
        hour += 12
    elif part == "晚上" and hour == 12:
        hour = 24
    elif part == "半夜" and hour == 12:
        hour = 0
    elif part is None and kind is WhenKind.AVAILABLE and 1 <= hour <= 6:
        hour += 12
    found = _moment_at(day, hour, now) + timedelta(minutes=minute)
    if guess and kind is WhenKind.AVAILABLE and found < now:
        if part is None and hour < 12 and found + timedelta(hours=12) > now:
            return found + timedelta(hours=12)
        return found + timedelta(days=1)
    if guess and kind is WhenKind.SINCE:
        if part is None and hour < 12 and found + timedelta(hours=12) <= now:
            return found + timedelta(hours=12)
        if found > now:
            return found - timedelta(days=1)
    return found
