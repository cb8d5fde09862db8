"""Chinese numerals in speech: 幺 and 两, digit by digit or with 十百千, found as isolated spans."""

from __future__ import annotations

import re
from dataclasses import dataclass

DIGITS: dict[str, int] = {
    **{str(value): value for value in range(10)},
    **{chr(0xFF10 + value): value for value in range(10)},
    "零": 0, "〇": 0, "○": 0, "洞": 0,
    "一": 1, "幺": 1, "壹": 1,
    "二": 2, "两": 2, "贰": 2, "兩": 2,
    "三": 3, "叁": 3,
    "四": 4, "肆": 4,
    "五": 5, "伍": 5,
    "六": 6, "陆": 6,
    "七": 7, "柒": 7, "拐": 7,
    "八": 8, "捌": 8,
    "九": 9, "玖": 9, "勾": 9,
}  # fmt: skip
UNITS: dict[str, int] = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "万": 10000}
# 洞 拐 勾 are digits only inside a string of digits; alone they are words.
_ONLY_IN_DIGITS = frozenset("洞拐勾")
_SAFE_DIGITS = "".join(c for c in DIGITS if c not in _ONLY_IN_DIGITS)
_NUMERAL = re.compile(f"[{_SAFE_DIGITS}{''.join(UNITS)}]+")


@dataclass(frozen=True)
class NumberSpan:
    """A numeral found in a text.

    Attributes:
        value: What it amounts to.
        digits: Its digits as said, leading zeros kept (``一零零一`` is ``1001``).
        start: Offset in the text.
        end: Offset just past it.
        by_digit: Said digit by digit, without 十百千.
    """

    value: int
    digits: str
    start: int
    end: int
    by_digit: bool


def read_number(numeral: str) -> int | None:
    """Value of a string that is nothing but a numeral, else None."""
    if not numeral:
        return None
    if all(c in DIGITS for c in numeral):
        return int("".join(str(DIGITS[c]) for c in numeral[:30]))
    total, section, digit = 0, 0, None
    pending = ""
    last_unit = 1
    for character in numeral:
        if character in DIGITS:
            pending += str(DIGITS[character])
            digit = int(pending[-12:])
            continue
        unit = UNITS.get(character)
        if unit is None:
            return None
        if unit == 10000:
            total = (total + section + (digit or 0)) * unit
            section = 0
        else:
            section += (1 if digit is None else digit) * unit
        digit, pending, last_unit = None, "", unit
    if digit is not None and len(pending) == 1 and last_unit >= 100 and not _after_zero(numeral):
        # 一千二 is 1200, 三百五 is 350.
        digit *= last_unit // 10
    return total + section + (digit or 0)


def _after_zero(numeral: str) -> bool:
    return len(numeral) >= 2 and DIGITS.get(numeral[-2]) == 0


def read_unit_letters(numeral: str) -> int | None:
    """Like ``read_number`` for the inner notation 0-9 with X, H, K for 十, 百, 千."""
    back = {"X": "十", "H": "百", "K": "千", "W": "万"}
    return read_number("".join(back.get(c, c) for c in numeral))


def find_numbers(text: str) -> list[NumberSpan]:
    """Every numeral in a text, longest first at each place; never raises."""
    found = []
    for match in _NUMERAL.finditer(text):
        numeral = match.group()
        value = read_number(numeral)
        if value is None:
            continue
        by_digit = all(c in DIGITS for c in numeral)
        digits = "".join(str(DIGITS[c]) for c in numeral) if by_digit else str(value)
        found.append(NumberSpan(value, digits, match.start(), match.end(), by_digit))
    return found


_SAID = "零一二三四五六七八九"


def say_number(value: int) -> str:
    """A whole number as Chinese says it: 105 is 一百零五, 15 is 十五.

    Raises:
        ValueError: Outside 0 to 99,999,999.
    """
    if not 0 <= value < 100_000_000:
        raise ValueError(f"cannot say {value}")
    if value >= 10000:
        high, low = divmod(value, 10000)
        if not low:
            return say_number(high) + "万"
        return say_number(high) + "万" + ("零" if low < 1000 else "") + _below_10000(low, True)
    return _below_10000(value, False)


def _below_10000(value: int, inside: bool) -> str:
    if value == 0:
        return "零"
    if 10 <= value < 20 and not inside:
        return "十" + (_SAID[value % 10] if value % 10 else "")
    said, gap = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = value // unit % 10
        if digit == 0:
            gap = bool(said)
            continue
        if gap:
            said += "零"
            gap = False
        said += _SAID[digit] + name
    return said


def say_digits(digits: str, *, yao: bool = True) -> str:
    """Digits one by one; 1 as 幺 the way numbers are read on the telephone."""
    return "".join(
        ("幺" if yao and digit == "1" else _SAID[int(digit)])
        for digit in digits
        if digit.isascii() and digit.isdigit()
    )
