"""What is a telephone number that can be called: mobiles, fixed lines with a real area code, 400.

Also what a string of digits that is none most likely was, when a resident's number explains it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

MOBILE = re.compile(r"1[3-9]\d{9}")
_AREA = (
    "10|2[0-57-9]|3(?:1\\d|35|49|5\\d|7\\d|9[1-8])|4(?:1\\d|2[179]|3\\d|5[1-9]|6[4-9]|7\\d|8[23])|"
    "5(?:1\\d|2\\d|3\\d|43|46|5\\d|6[1-6]|7\\d|80|9\\d)|6(?:3[1-5]|6[0238]|9[12])|"
    "7(?:01|1\\d|2[248]|3\\d|4[3-6]|5\\d|6[0236-8]|7\\d|9\\d)|"
    "8(?:1[2-8]|2[5-7]|3\\d|5\\d|7\\d|8[36-8]|9\\d)|9(?:0[1-9]|1\\d|3\\d|41|5[1-5]|7\\d|9\\d)"
)
FIXED = re.compile(rf"0(?:10\d{{8}}|2[0-57-9]\d{{8}}|(?!10|2)(?:{_AREA})\d{{7,8}})")
LOCAL = re.compile(r"[2-8]\d{6,7}")
SERVICE = re.compile(r"400\d{7}")
_RUNS = re.compile(r"(\d)\1+")
_LONGEST_COUNTRY = re.compile(r"(?:\+|00)?86(?=1[3-9]\d{9}$)")
_SHORTEST_HEARD = 5
_MOST_WRONG = 2
_LEAST_FOR_WRONG = 9
_THIRDS = ((0, 4), (4, 4), (8, 3))


def is_number(digits: str, *, local: bool = False) -> bool:
    """Whether somebody can be called under these digits; ``local`` allows no area code."""
    if MOBILE.fullmatch(digits) or FIXED.fullmatch(digits) or SERVICE.fullmatch(digits):
        return True
    return local and LOCAL.fullmatch(digits) is not None


def without_country(digits: str) -> str:
    """The number without a leading 86."""
    return _LONGEST_COUNTRY.sub("", digits, count=1)


class PhoneBook:
    """Residents' numbers, found by digits that were heard with mistakes.

    Recognisers lose and add digits inside a run of equal ones (一五九零零零零五五五五), so the runs
    are compared first; then numbers that differ in at most two places, which leaves one third of
    the number whole.

    Args:
        numbers: Digits only.
    """

    def __init__(self, numbers: Iterable[str]) -> None:
        self._known = frozenset(filter(None, numbers))
        self._by_shape: dict[str, list[str]] = {}
        self._by_third: dict[tuple[int, str], list[str]] = {}
        for number in self._known:
            self._by_shape.setdefault(_shape(number), []).append(number)
            for start, size in _THIRDS:
                third = number[start : start + size]
                self._by_third.setdefault((start, third), []).append(number)

    def behind(self, digits: str) -> str | None:
        """The one resident's number that explains digits which are not it."""
        if len(digits) < _SHORTEST_HEARD or digits in self._known:
            return None
        shape = _shape(digits)
        same = self._by_shape.get(shape, [])
        if len(same) == 1 and len(shape) < len(same[0]) - 1:
            return same[0]
        if len(digits) < _LEAST_FOR_WRONG or is_number(digits):
            return None
        near = {
            number
            for start, size in _THIRDS
            for place in range(max(0, start - _MOST_WRONG), start + _MOST_WRONG + 1)
            for number in self._by_third.get((start, digits[place : place + size]), ())
            if _distance(digits, number) <= _MOST_WRONG
        }
        return near.pop() if len(near) == 1 else None


def _shape(digits: str) -> str:
    return _RUNS.sub(r"\1", digits)


def _distance(one: str, other: str) -> int:
    """Edits between two strings, no more looked for than matter."""
    if abs(len(one) - len(other)) > _MOST_WRONG:
        return _MOST_WRONG + 1
    row = list(range(len(other) + 1))
    for place, a in enumerate(one, 1):
        before, row[0] = row[0], place
        for column, b in enumerate(other, 1):
            before, row[column] = (
                row[column],
                min(row[column] + 1, row[column - 1] + 1, before + (a != b)),
            )
    return row[-1]
