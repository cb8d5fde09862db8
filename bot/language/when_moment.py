"""The pieces of a moment (day, part of day, clock) in a text, and the range they make."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from bot.language import when_words as words_of
from bot.language.numbers import read_number

_Range = tuple[datetime | None, datetime | None]
_Match = re.Match[str]


@dataclass
class Said:
    """What was said of a moment; each piece is a match in the same text.

    Attributes:
        pieces: Ranges of all of them.
    """

    day: _Match | None = None
    two_days: _Match | None = None
    weekday: _Match | None = None
    second_weekday: _Match | None = None
    weekend: _Match | None = None
    date: _Match | None = None
    part: _Match | None = None
    clock: _Match | None = None
    until: _Match | None = None
    anytime: _Match | None = None
    present: _Match | None = None
    after: bool = False
    before: bool = False
    pieces: list[tuple[int, int]] = field(default_factory=list)

    @classmethod
    def find(cls, plain: str, start: int) -> Said | None:
        """The pieces after ``start``; None when there are none."""
        said = cls()
        said.two_days = said._take(words_of.TWO_DAYS.search(plain, start))
        if said.two_days is None:
            said._find_day(plain, start)
        after_day = said.day.end() if said.day else start
        said.part = said._take(words_of.PART.search(plain, after_day))
        said.clock = said._take(words_of.CLOCK.search(plain, start))
        if said.clock is not None:
            bridge = words_of.TO.match(plain, said.clock.end())
            if bridge:
                said._take(bridge)
                until = words_of.CLOCK.match(plain, bridge.end())
                part = words_of.PART.match(plain, bridge.end())
                if part:
                    until = words_of.CLOCK.match(plain, part.end())
                said.until = said._take(until)
        said.anytime = said._take(words_of.ANYTIME.search(plain, start))
        if not said.pieces:
            said.present = said._take(words_of.NOW.search(plain, start))
        if not said.pieces:
            return None
        last = max(end for _, end in said.pieces)
        said.after = said._take(words_of.AFTER.match(plain, last)) is not None
        if not said.after:
            said.before = said._take(words_of.BEFORE.match(plain, last)) is not None
        said.pieces.sort()
        return said

    def _find_day(self, plain: str, start: int) -> None:
        self.day = self._take(words_of.DAY.search(plain, start))
        if self.day is None:
            self.weekday = self._take(words_of.WEEKDAY.search(plain, start))
            if self.weekday is not None:
                self.second_weekday = self._take(
                    words_of.SECOND_WEEKDAY.match(plain, self.weekday.end())
                )
                return
            self.weekend = self._take(words_of.WEEKEND.search(plain, start))
            if self.weekend is None:
                self.date = self._take(words_of.DATE.search(plain, start))

    def _take(self, match: _Match | None) -> _Match | None:
        if match is not None:
            self.pieces.append(match.span())
        return match

    @property
    def span(self) -> tuple[int, int]:
        """From the first piece to the last."""
        return self.pieces[0][0], max(end for _, end in self.pieces)

    def words(self, plain: str) -> str:
        """The pieces without what stood between them."""
        return "".join(plain[first:stop] for first, stop in self.pieces)

    @property
    def part_of_day(self) -> str | None:
        """上午, 晚上… as said or as part of 今晚."""
        if self.part is not None:
            return self.part.group()
        return words_of.DAY_PART.get(self.day.group()) if self.day is not None else None


def range_of(said: Said, now: datetime, *, ahead: bool) -> _Range:
    """Start and end of what was said.

    Args:
        said: The pieces.
        now: The site's present time.
        ahead: A time that suits, still to come; else one that is over.
    """
    if said.present is not None:
        return now, None
    start, end = _range(said, now, ahead)
    if start is None:
        return (now, None) if said.anytime is not None else (None, None)
    if said.after or not ahead:
        return start, None
    if said.before:
        return None, start
    return start, end


def _range(said: Said, now: datetime, ahead: bool) -> _Range:
    day = _day(said, now.date(), ahead)
    base = day or now.date()
    part = said.part_of_day
    if said.clock is not None:
        start = _at(base, said.clock, part, now, ahead, guess=day is None)
        if start is not None:
            return start, _until(said, base, start, part, now, ahead)
    if part is not None:
        first, last = words_of.PARTS[part]
        start, end = _moment_at(base, first, now), _moment_at(base, last, now)
        if day is None and ahead and end <= now:
            start, end = start + timedelta(days=1), end + timedelta(days=1)
        if day is None and not ahead and start > now:
            start, end = start - timedelta(days=1), end - timedelta(days=1)
        return start, end
    if day is None:
        return None, None
    start = _moment_at(base, 0, now)
    return start, start + timedelta(days=_days_long(said))


def _days_long(said: Said) -> int:
    if said.weekend is not None or said.two_days is not None:
        return 2
    if said.weekday is not None and said.second_weekday is not None:
        first = words_of.WEEKDAYS[said.weekday["day"]]
        last = words_of.WEEKDAYS[said.second_weekday["day"]]
        return max(1, last - first + 1)
    return 1


def _until(
    said: Said, base: date, start: datetime, part: str | None, now: datetime, ahead: bool
) -> datetime | None:
    if said.until is None:
        return None
    end = _at(base, said.until, part, now, ahead, guess=False)
    while end is not None and end <= start and end.hour < 13 and end + timedelta(hours=12) > start:
        end += timedelta(hours=12)
    return end


def _day(said: Said, today: date, ahead: bool) -> date | None:
    monday = today - timedelta(days=today.weekday())
    if said.two_days is not None:
        return today + timedelta(days=1 if said.two_days.group()[0] == "明" else 0)
    if said.day is not None:
        return today + timedelta(days=words_of.DAYS[said.day.group()])
    week = said.weekday or said.weekend
    if week is not None:
        which = week["which"]
        index = words_of.WEEKDAYS[said.weekday["day"]] if said.weekday is not None else 5
        found = monday + timedelta(days=index + 7 * words_of.WEEKS.get(which or "", 0))
        if which is None and ahead and found < today:
            found += timedelta(days=7)
        if which is None and not ahead and found > today:
            found -= timedelta(days=7)
        return found
    return _calendar_day(said.date, ahead, today) if said.date is not None else None


def _calendar_day(match: _Match, ahead: bool, today: date) -> date | None:
    month_said, day_said, only_day = match.groups()
    number = read_number(day_said or only_day)
    month = read_number(month_said) if month_said else today.month
    if number is None or month is None:
        return None
    step = 1 if ahead else -1
    if words_of.LAST_MONTH.search(match.string, 0, match.start()):
        today = today.replace(day=1) - timedelta(days=1)
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
        if (found >= today) if ahead else (found <= today):
            return found
    return None


def _moment_at(day: date, hour: int, now: datetime) -> datetime:
    return datetime.combine(day, time(0), tzinfo=now.tzinfo) + timedelta(hours=hour)


def _minutes(said: str | None) -> int | None:
    special = {"半": 30, "一刻": 15, "三刻": 45}
    if not said:
        return 0
    return special[said] if said in special else read_number(said.lstrip("过"))


def _at(
    day: date, clock: _Match, part: str | None, now: datetime, ahead: bool, *, guess: bool
) -> datetime | None:
    hour, minute = read_number(clock["hour"]), _minutes(clock["minute"])
    if hour is None or hour > 24 or minute is None or minute > 59:
        return None
    if part in words_of.EVENING and hour < 5:
        # 昨晚两点 belongs to the night that began the day before.
        hour += 24 if not guess else 0
    elif (part in words_of.AFTERNOON and hour < 12) or (part in words_of.NOON and hour < 3):
        hour += 12
    elif part in words_of.EVENING and hour == 12:
        hour = 24
    elif part == "半夜" and hour == 12:
        hour = 0
    elif part is None and ahead and 1 <= hour <= 6:
        hour += 12
    found = _moment_at(day, hour, now) + timedelta(minutes=minute)
    half_a_day = timedelta(hours=12)
    if guess and ahead and found < now:
        if part is None and hour < 12 and found + half_a_day > now:
            return found + half_a_day
        return found + timedelta(days=1)
    if guess and not ahead:
        if part is None and hour < 12 and found + half_a_day <= now:
            return found + half_a_day
        if found > now:
            return found - timedelta(days=1)
    return found
