"""Soft address codes (see ``address_tokens``) as the numbers they may stand for, with their cost."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import product

from bot.language.address_rooms import room_number
from bot.language.address_tokens import AMONG_DIGITS, cost_of, meanings_of, symbols_of
from bot.language.heard_digits import DIGITS_HEARD, FAR, FLOOR_HEARD, NEAR, SAME
from bot.language.numbers import read_unit_letters

DIGIT = "0-9o" + symbols_of(DIGITS_HEARD)
"""Codes that may be a digit, to be put into a character class."""
COUNT = "1-9X" + symbols_of(DIGITS_HEARD)
"""Codes that may be part of a building's or a unit's number."""
FLOOR = "F" + symbols_of(FLOOR_HEARD)
"""Codes that may be 楼."""
_FLOOR_ROOM = re.compile(
    rf"(?P<f>[{COUNT}0]{{1,3}})[{FLOOR}](?P<n>[{DIGIT}]{{1,2}}|X[{DIGIT}]?)(?P<h>h?)"
)
_WITH_UNITS = re.compile("[XHK]")
_AS_ROOM_MARK = re.compile(r"[4X]0?")
_LEFT_OVER_COST = 1.5
_MOST_OPTIONS = 120
Options = Iterable[tuple[str, float]]
"""Values with what reading them costs."""


def is_plain(codes: str) -> bool:
    """Whether the codes are numerals or a letter in plain characters."""
    return all(code in "0123456789XL" for code in codes)


def mark_cost(mark: str, table: Mapping[str, float]) -> float:
    """What taking a code for a mark of the table costs."""
    if mark in "BZ":
        return 0.0
    if mark in "Fo":
        return SAME
    return cost_of(mark, table) or FAR


def _digits(code: str) -> Options:
    if code in "0123456789XHK":
        return ((code, 0.0),)
    if code in AMONG_DIGITS:
        return ((AMONG_DIGITS[code], 0.0),)
    if code == "B":
        return (("0", NEAR),)
    return meanings_of(code, DIGITS_HEARD)


def expanded(codes: str) -> Options:
    """Every way to read some codes as digits, cheapest of each value, few enough to look at."""
    ways = [tuple(_digits(code)) for code in codes]
    count = 1
    for way in ways:
        count *= len(way)
    if not 0 < count <= _MOST_OPTIONS:
        return ()
    return [
        ("".join(digit for digit, _ in way), sum(cost for _, cost in way)) for way in product(*ways)
    ]


def numbers_heard(codes: str) -> list[tuple[str, float]]:
    """Values a short number may have."""
    best: dict[str, float] = {}
    for digits, cost in expanded(codes):
        value = read_unit_letters(digits)
        if value:
            best[str(value)] = min(cost, best.get(str(value), 99.0))
    return sorted(best.items(), key=lambda pair: pair[1])


def room_readings(said: str) -> Iterable[tuple[str, float]]:
    """Rooms the codes after the last mark may name, real or not, with their cost."""
    floor = _FLOOR_ROOM.match(said)
    if floor and said[floor.end() : floor.end() + 1] != "F":
        for number, cost in numbers_heard(floor["f"]):
            for room, room_cost in (
                numbers_heard(floor["n"]) if floor["h"] or is_plain(floor["n"][-1:]) else ()
            ):
                yield number + room.zfill(2), cost + room_cost
    said = said.rstrip("h")
    for size in range(min(5, len(said)), 2, -1):
        rest = said[size:]
        left = 0.0
        if rest and not _AS_ROOM_MARK.fullmatch(rest):
            left = _LEFT_OVER_COST * sum(code in "0123456789XHK" for code in rest)
        for digits, cost in expanded(said[:size]):
            if size == 5 and not _WITH_UNITS.search(digits):
                continue
            door = room_number(digits)
            if door is not None:
                yield door, cost + left
