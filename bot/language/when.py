"""Reading times: since when (三天了, 今天早上) and when someone is at home (明天下午三点以后).

The words are kept in normal form for the ticket; with the site's time given
they also become a range in ISO 8601, computed in that time's zone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from bot.language import when_words as words_of
from bot.language.numbers import read_number
from bot.language.pinyin import LONGEST_READ
from bot.language.when_moment import Said, range_of


class WhenKind(str, Enum):
    """Which way a time without a day lies."""

    SINCE = "since"
    AVAILABLE = "available"


@dataclass(frozen=True)
class WhenReading:
    """A time as read.

    Attributes:
        text: The words in normal form, fillers gone.
        start: Start as ISO 8601 to the minute, or None when open or not computable.
        end: End as ISO 8601 to the minute, or None when open or not computable.
        span: The caller's words.
        repaired: A word was read by its sound.
    """

    text: str
    start: str | None
    end: str | None
    span: str
    repaired: bool


_LONGEST_HOURS = 24 * 3650


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
    plain, repaired = words_of.normalised(text)
    plain = words_of.DENIED.sub(lambda found: " " * len(found.group()), plain)
    cues = [words_of.CORRECTED]
    if kind is WhenKind.AVAILABLE:
        cues.append(words_of.UNSUITABLE)
    start = max((found.end() for cue in cues for found in cue.finditer(plain)), default=0)
    reading = _duration(plain, start, kind, now) or _moment(plain, start, kind, now)
    if reading is None:
        return None
    words, span, begin, end = reading
    return WhenReading(words, _iso(begin), _iso(end), text[span[0] : span[1]], repaired)


_Found = tuple[str, tuple[int, int], datetime | None, datetime | None]


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="minutes")


def _duration(plain: str, start: int, kind: WhenKind, now: datetime | None) -> _Found | None:
    """三天了, 两个小时前; 半个小时以后."""
    ahead = kind is WhenKind.AVAILABLE
    match = (words_of.LATER if ahead else words_of.DURATION).search(plain, start)
    if match is None:
        long_ago = None if ahead else words_of.LONG.search(plain, start)
        if long_ago is None or words_of.DAY.search(plain, start):
            return None
        return long_ago.group(), long_ago.span(), None, None
    unit = match["unit"]
    if unit == "月" and "个" not in match.group():
        return None
    words = match.group()
    if not ahead:
        words += "了" if match["mark"] == "了" else "前"
        if unit == "天" and match["count"] == "半":
            return "半天了", match.span(), None, None
    hours = _hours(match)
    if hours is None or now is None or hours > _LONGEST_HOURS:
        return words, match.span(), None, None
    moved = timedelta(hours=hours)
    return words, match.span(), now + moved if ahead else now - moved, None


def _hours(match: re.Match[str]) -> float | None:
    """How long, in hours; None when it was left vague (好几天, 两三天)."""
    said = match["count"]
    if words_of.VAGUE.match(said):
        return None
    count = 0.5 if said == "半" else float(read_number(said) or 0)
    groups = match.groupdict()
    if groups["half"] or groups.get("tail") == "半":
        count += 0.5
    days = words_of.UNIT_DAYS.get(match["unit"])
    return count * (days * 24 if days is not None else words_of.UNIT_HOURS[match["unit"]])


def _moment(plain: str, start: int, kind: WhenKind, now: datetime | None) -> _Found | None:
    said = Said.find(plain, start)
    if said is None or words_of.EXCEPT.search(plain, start):
        # 除了周六都行 is no range.
        return None
    ahead = kind is WhenKind.AVAILABLE
    begin, end = (None, None) if now is None else range_of(said, now, ahead=ahead)
    return said.words(plain), said.span, begin, end
