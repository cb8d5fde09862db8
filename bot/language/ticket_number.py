"""Reading a ticket's number, spoken or typed: RP20231115001, R P 二零二三…, 今天的001号 (TAX-125).

The letters must have been said, as letters or by what they sound like; the year, which every
caller's ticket shares, is put right when it was misheard.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.language.numbers import DIGITS, read_number
from bot.language.pinyin import sounds_of
from bot.language.ticket_prefixes import PREFIXES, SPOKEN_PREFIX, prefixes_heard

_LETTERS = re.compile(r"([A-Za-z])\s*[.,，、\-]?\s*([A-Za-z])(?![A-Za-z])")
_D = "".join(DIGITS)
_DIGITS_RUN = re.compile(f"[{_D}](?:[\\s,，、。.\\-年月日号第杠呃嗯的]{{0,2}}[{_D}])*")
_SPOKEN_DATE = re.compile(
    f"(?P<year>[{_D}]{{4}})年(?P<month>[{_D}十]{{1,3}})月(?P<day>[{_D}十]{{1,3}})[日号]\\s*(?:第|的)?(?P<rest>[{_D}\\s]{{1,12}})"
)
# The day's running number has three digits, four after a thousand.
_FULL = re.compile(r"(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(\d{3}|[12]\d{3})(?!\d)")
# The year lost its first digits or has one wrong.
_CUT_YEAR = re.compile(r"0?2\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(\d{3})")
_AMENDED = re.compile(
    f"(?:哦|噢|不对|不是|错了|应该是|是)[\\s,，]*(?P<digits>[{_D}](?:\\s?[{_D}]){{0,5}})(?![{_D}])"
)
_DAYS_BACK = {"今天": 0, "今早": 0, "昨天": 1, "昨晚": 1, "前天": 2}
_LONGEST = 400
_YEARS_KEPT = 5
_SHORT = re.compile(f"([{_D}十]{{1,6}})\\s*号(?![楼栋])")


@dataclass(frozen=True)
class TicketNumberReading:
    """A ticket's number as far as it was said.

    Attributes:
        number: The whole number with prefix, or None when a part is missing.
        prefix: Two letters, or None.
        day: The day in it, or None.
        sequence: The day's running number with leading zeros, or None.
        span: The caller's words.
        repaired: The prefix was read by sound or from a word such as 报修单, or
            the year was put right.
    """

    number: str | None
    prefix: str | None
    day: date | None
    sequence: str | None
    span: str
    repaired: bool


@dataclass(frozen=True)
class _Prefix:
    letters: str | None
    start: int
    end: int
    repaired: bool


def read_ticket_number(text: str, *, now: datetime | None = None) -> TicketNumberReading | None:
    """Read a ticket's number; ``now`` (the site's time) resolves 今天的001号 and a misheard year."""
    text = text[:_LONGEST]
    prefixes = list(_prefixes(text))
    for prefix in prefixes:
        # What stands before the letters is no part of the number.
        reading = _after(text, prefix, now)
        if reading is not None:
            return reading
    first = prefixes[0] if prefixes else _Prefix(None, 0, 0, False)
    return _after(text, _Prefix(first.letters, 0, 0, first.repaired), now) or _short(
        text, first.letters, first.repaired, now
    )


def _prefixes(text: str) -> Iterable[_Prefix]:
    """Letters first, then what sounds like them, then words."""
    for match in _LETTERS.finditer(text):
        letters = (match.group(1) + match.group(2)).upper()
        if letters in PREFIXES:
            yield _Prefix(letters, match.start(), match.end(), False)
    sounds = sounds_of(text)
    for letters, first, stop in prefixes_heard(sounds):
        yield _Prefix(letters, sounds.starts[first], sounds.ends[stop - 1], True)
    for word, letters in SPOKEN_PREFIX.items():
        for mark in ("单", "号"):
            at = text.find(word + mark)
            if at >= 0:
                yield _Prefix(letters, at, at + len(word) + 1, True)


def _after(text: str, prefix: _Prefix, now: datetime | None) -> TicketNumberReading | None:
    """The number whose digits follow a prefix."""
    start = prefix.end
    spoken = _SPOKEN_DATE.search(text, start)
    runs = [] if spoken is None else [(_written_out(spoken), spoken.end())]
    runs += [
        ("".join(str(DIGITS[c]) for c in run.group() if c in DIGITS), run.end())
        for run in _DIGITS_RUN.finditer(text, start)
    ]
    for digits, end in runs:
        found, fixed = _date_and_sequence(digits, now, bool(prefix.letters))
        if found is None:
            continue
        day, sequence = found
        amended = _AMENDED.search(text, end)
        if amended:
            new = "".join(str(DIGITS[c]) for c in amended["digits"] if c in DIGITS)
            sequence, end = sequence[: max(0, len(sequence) - len(new))] + new, amended.end()
        number = f"{prefix.letters}{day:%Y%m%d}{sequence}" if prefix.letters else None
        return TicketNumberReading(
            number,
            prefix.letters,
            day,
            sequence,
            text[prefix.start : end].strip(),
            prefix.repaired or fixed,
        )
    return None


def _written_out(match: re.Match[str]) -> str:
    """2026年11月3号 001 as the digits of a number."""
    year = "".join(str(DIGITS[c]) for c in match["year"])
    month, day = read_number(match["month"]) or 0, read_number(match["day"]) or 0
    rest = "".join(str(DIGITS[c]) for c in match["rest"] if c in DIGITS)
    return f"{year}{month:02d}{day:02d}{rest.zfill(3)}"


def _date_and_sequence(
    digits: str, now: datetime | None, lettered: bool
) -> tuple[tuple[date, str] | None, bool]:
    match = _FULL.search(digits)
    if match is not None:
        day = _day(*match.groups()[:3])
        if day is not None and now is not None and lettered and not _recent(day, now):
            mended = _day(str(now.year), match.group(2), match.group(3))
            if mended is not None:
                return (mended, match.group(4)), True
        return (None, False) if day is None else ((day, match.group(4)), False)
    cut = _CUT_YEAR.fullmatch(digits) if now is not None and lettered else None
    if cut is None or now is None:
        return None, False
    day = _day(str(now.year), cut.group(1), cut.group(2))
    return (None, False) if day is None else ((day, cut.group(3)), True)


def _recent(day: date, now: datetime) -> bool:
    return now.year - _YEARS_KEPT <= day.year <= now.year


def _day(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _short(
    text: str, prefix: str | None, repaired: bool, now: datetime | None
) -> TicketNumberReading | None:
    back = next((days for word, days in _DAYS_BACK.items() if word in text), None)
    match = _SHORT.search(text)
    if back is None or match is None:
        return None
    digits = match.group(1).replace("十", "10" if len(match.group(1)) == 1 else "")
    sequence = "".join(str(DIGITS[c]) if c in DIGITS else c for c in digits).zfill(3)
    day = None if now is None else (now - timedelta(days=back)).date()
    number = f"{prefix}{day:%Y%m%d}{sequence}" if prefix and day else None
    return TicketNumberReading(number, prefix, day, sequence, match.group(), repaired)
