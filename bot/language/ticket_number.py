"""Reading a ticket's number, spoken or typed: RP20231115001, R P 二零二三…, 今天的001号 (TAX-125)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.language.numbers import DIGITS

PREFIXES = ("RP", "TS", "ZX", "JJ", "AF", "JY", "ZZ", "HF")
_SPOKEN_PREFIX = {
    "报修": "RP", "维修": "RP", "投诉": "TS", "咨询": "ZX", "紧急": "JJ", "安防": "AF", "建议": "JY", "回访": "HF",
}  # fmt: skip
_LETTERS = re.compile(r"([A-Za-z])\s*[.,，、]?\s*([A-Za-z])")
_SOUNDED = re.compile("[阿啊][屁批皮]")
_DIGITS_RUN = re.compile(
    f"[{''.join(DIGITS)}](?:[\\s,，、。.\\-年月日号第呃嗯的]{{0,2}}[{''.join(DIGITS)}])*"
)
_FULL = re.compile(r"(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(\d{3,6})")
_DAYS_BACK = {"今天": 0, "今早": 0, "昨天": 1, "昨晚": 1, "前天": 2}
_LONGEST = 400
_SHORT = re.compile(f"([{''.join(DIGITS)}十]{{1,6}})\\s*号(?![楼栋])")


@dataclass(frozen=True)
class TicketNumberReading:
    """A ticket's number as far as it was said.

    Attributes:
        number: The whole number with prefix, or None when a part is missing.
        prefix: Two letters, or None.
        day: The day in it, or None.
        sequence: The day's running number with leading zeros, or None.
        span: The caller's words.
        repaired: The prefix was read by sound or from a word such as 报修单.
    """

    number: str | None
    prefix: str | None
    day: date | None
    sequence: str | None
    span: str
    repaired: bool


def read_ticket_number(text: str, *, now: datetime | None = None) -> TicketNumberReading | None:
    """Read a ticket's number; ``now`` (the site's time) resolves 今天的001号."""
    text = text[:_LONGEST]
    prefix, repaired, prefix_start = _prefix(text)
    for run in _DIGITS_RUN.finditer(text):
        digits = "".join(str(DIGITS[c]) for c in run.group() if c in DIGITS)
        match = _FULL.search(digits)
        if match is None:
            continue
        day = _day(*match.groups()[:3])
        if day is None:
            continue
        start = run.start() if prefix_start is None else min(prefix_start, run.start())
        return TicketNumberReading(
            number=f"{prefix}{match.group()}" if prefix else None,
            prefix=prefix,
            day=day,
            sequence=match.group(4),
            span=text[start : run.end()],
            repaired=repaired,
        )
    return _short(text, prefix, repaired, now)


def _prefix(text: str) -> tuple[str | None, bool, int | None]:
    for match in _LETTERS.finditer(text):
        letters = (match.group(1) + match.group(2)).upper()
        if letters in PREFIXES:
            return letters, False, match.start()
    sounded = _SOUNDED.search(text)
    if sounded:
        return "RP", True, sounded.start()
    for word, prefix in _SPOKEN_PREFIX.items():
        if word + "单" in text or word + "号" in text:
            return prefix, True, text.find(word)
    return None, False, None


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
