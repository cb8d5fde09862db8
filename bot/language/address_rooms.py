"""Numbers of rooms: as written on the door, and mended where the recogniser garbled them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.language.address_model import AddressPart
from bot.language.address_tokens import AMONG_DIGITS
from bot.language.numbers import read_unit_letters
from bot.language.roster import Roster

LONGEST_ROOM = 5
HIGHEST_PART = 200
_FLOOR_AND_ROOM = re.compile(r"(\d?X\d?)(\d{2})")
_MOBILE_DIGITS = 11


def whole_number(number: str) -> str | None:
    """A numeral in codes as digits."""
    value = read_unit_letters(number[:12])
    return None if value is None else str(value)


def room_number(number: str) -> str | None:
    """A room's number as written on its door, from codes; None when it is none."""
    for letter, digit in AMONG_DIGITS.items():
        number = number.replace(letter, digit)
    split = _FLOOR_AND_ROOM.fullmatch(number)
    if split:
        floor = whole_number(split.group(1))
        return None if floor is None else floor + split.group(2)
    if not set(number) & set("XHK"):
        if len(number) > LONGEST_ROOM:
            # Room and telephone number in one breath.
            rest = len(number) - _MOBILE_DIGITS
            return number[:rest] if rest in (3, 4) and number[rest] == "1" else None
        return number if len(number) >= 3 else None
    value = whole_number(number)
    # 三百, 一百五 and 四千二 are sums; doors are said 六百零二 or 一百一十二.
    whole = "0" in number or "X" in number
    is_room = value is not None and whole and 100 < int(value) <= 99999
    return value if is_room else None


def mend(parts: Mapping[AddressPart, str], roster: Roster) -> dict[AddressPart, str] | None:
    """A home that does not exist with the one change that makes it exist; None without one.

    Only for rooms no community has as said: the recogniser writes an extra 零 after 一 and 四 or 十
    for 室. A room that is merely not on the list stays as it was said.
    """
    building, unit = parts.get(AddressPart.BUILDING), parts.get(AddressPart.UNIT)
    room = parts.get(AddressPart.ROOM, "")
    if len(room) < 4 or not roster.has(building, unit) or roster.has(building, unit, room):
        return None
    if len(room) == 4 and _floor_exists(roster, building, room[:-2]):
        return None
    shorter = {room[:-1]}
    if len(room) == 5:
        shorter |= {room[:i] + room[i + 1 :] for i in range(5) if room[i] == "0"}
        shorter.add(room[:3] if room[3:] in ("40", "00") else room[:-1])
    real = [one for one in shorter if roster.has(building, unit, one)]
    return {**parts, AddressPart.ROOM: real[0]} if len(real) == 1 else None


def _floor_exists(roster: Roster, building: str | None, floor: str) -> bool:
    return any(
        not rooms or any(room[:-2] == floor for room in rooms)
        for name, units in roster.buildings.items()
        if building is None or name == building
        for rooms in units.values()
    )
