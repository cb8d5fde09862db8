"""The parts of an address in a string of address codes (see ``address_tokens``)."""

from __future__ import annotations

import re
from enum import Enum

from bot.language.address_tokens import Codes, harden
from bot.language.numbers import read_unit_letters


class AddressPart(str, Enum):
    """A part of an address, as asked for."""

    PHASE = "phase"
    BUILDING = "building"
    UNIT = "unit"
    ROOM = "room"
    FLOOR = "floor"


_NUM = "[0-9XHK]{1,12}"
_DASHED = re.compile(rf"({_NUM}|L)[Bh]?-({_NUM})U?(?:-({_NUM}))?")
_PHASE = re.compile(rf"({_NUM}|L)P")
_BUILDING = re.compile(rf"(?:(?P<hard>{_NUM}|L)|(?P<soft>[a-j]))B[FB]?")
_BUILDING_BY_NUMBER = re.compile(rf"({_NUM})h(?=({_NUM}|L)U)")
_UNIT = re.compile(rf"(?:(?P<hard>{_NUM}|L)|(?P<soft>[a-j]))U")
_FLOOR = re.compile(rf"(G?)({_NUM})F")
_ROOM_HERE = re.compile(r"(?:([0-9XHK]{3,16})|([0-9a-jXHK]{3,4}))[Rh]*")
_TWO_DIGITS_HERE = re.compile(r"(0?[0-9])(?![0-9XHKBUFP])")
_ROOM_MARKED = re.compile(r"([0-9XHK]{3,16})R|Rh?y?([0-9XHK]{3,16})")
_BARE = re.compile(r"[^0-9XHKa-jL]*([0-9XHK]+|L|[0-9a-jXHK]+)[Rhy.]?")
_ONLY_NUMBER = re.compile(r"[y.]{0,2}([0-9XHK]+)[Rh]?")
_FLOOR_AND_ROOM = re.compile(r"(\d?X\d?)(\d{2})")
_MOBILE_DIGITS = 11
_LONGEST_ROOM = 5
_HIGHEST_PART = 200
_HIGHEST_BUILDING = 999


def find_parts(codes: Codes, expect: AddressPart | None) -> tuple[dict[AddressPart, str], str]:
    """The parts said, and the words from the first to the last of them."""
    finder = _Finder(codes)
    finder.dashed()
    finder.phase()
    finder.building()
    finder.unit()
    finder.floor()
    finder.room()
    if expect is None:
        finder.bare_room()
    elif not finder.found:
        finder.expected(expect)
    return finder.found, finder.span()


class _Finder:
    """Looks for one part after the other; a room is what follows the last of them."""

    def __init__(self, codes: Codes) -> None:
        self.found: dict[AddressPart, str] = {}
        self._codes = codes
        self._string = codes.codes
        self._ranges: list[tuple[int, int]] = []
        self._end = 0
        self._building_end = 0

    def span(self) -> str:
        if not self._ranges:
            return ""
        start = min(self._codes.starts[first] for first, _ in self._ranges)
        stop = max(self._codes.ends[last - 1] for _, last in self._ranges)
        return self._codes.text[start:stop]

    def _keep(self, part: AddressPart, value: str | None, span: tuple[int, int]) -> bool:
        if value is None or part in self.found:
            return False
        self.found[part] = value
        self._ranges.append(span)
        self._end = max(self._end, span[1])
        return True

    def dashed(self) -> None:
        """5-2-1001 or 5-1001."""
        match = _DASHED.search(self._string)
        if match is None or not (match.group(3) or len(match.group(2)) >= 3):
            return
        building, second, third = match.groups()
        self._keep(AddressPart.BUILDING, self._named(building, match.start(1)), match.span())
        if third:
            self._keep(AddressPart.UNIT, _value(second), match.span())
        self._keep(AddressPart.ROOM, _room(third or second), match.span())

    def phase(self) -> None:
        match = _PHASE.search(self._string)
        if match:
            value = self._named(match.group(1), match.start(1))
            self._keep(AddressPart.PHASE, value, match.span())

    def building(self) -> None:
        match = _BUILDING.search(self._string) or _BUILDING_BY_NUMBER.search(self._string)
        if match is None:
            return
        self._building_end = match.end()
        number = match.group(1) or match.group(2)
        self._keep(AddressPart.BUILDING, self._named(number, match.start()), match.span())

    def unit(self) -> None:
        match = _UNIT.search(self._string)
        if match:
            number = match.group(1) or match.group(2)
            self._keep(AddressPart.UNIT, self._named(number, match.start()), match.span())

    def floor(self) -> None:
        match = _FLOOR.search(self._string, self._end) or _FLOOR.search(self._string)
        if match is None or match.start() < self._building_end:
            return
        value = _value(match.group(2))
        if value is not None:
            below = "-" if match.group(1) else ""
            self._keep(AddressPart.FLOOR, below + value, match.span())

    def room(self) -> None:
        """What follows the last part, or a number marked 室 or 房号."""
        if AddressPart.ROOM in self.found:
            return
        if self._end:
            here = _ROOM_HERE.match(self._string, self._end)
            value = _room(here.group(1) or harden(here.group(2))) if here else None
            if here and self._keep(AddressPart.ROOM, value, here.span()):
                return
            floor = self.found.get(AddressPart.FLOOR, "-")
            two = _TWO_DIGITS_HERE.match(self._string, self._end)
            if two and not floor.startswith("-"):
                self._keep(AddressPart.ROOM, floor + two.group(1).zfill(2), two.span())
                return
        marked = _ROOM_MARKED.search(self._string)
        if marked:
            self._keep(AddressPart.ROOM, _room(marked.group(1) or marked.group(2)), marked.span())

    def bare_room(self) -> None:
        """Three to five digits and nothing else are a room."""
        bare = None if self.found else _ONLY_NUMBER.fullmatch(self._string)
        if bare and 3 <= len(bare.group(1)) <= _LONGEST_ROOM:
            self._keep(AddressPart.ROOM, _room(bare.group(1)), bare.span(1))

    def expected(self, expect: AddressPart) -> None:
        """A bare number is the part that was asked for."""
        bare = _BARE.fullmatch(self._string)
        if bare is None:
            return
        number = harden(bare.group(1))
        value: str | None
        if expect is AddressPart.ROOM:
            value = _room(number) or (_value(number) if len(number) <= 3 else None)
        elif number == "L":
            value = self._named(number, bare.start(1))
        else:
            value = _value(number)
            if value is not None and int(value) > _HIGHEST_PART:
                value = None
        self._keep(expect, value, bare.span(1))

    def _named(self, number: str, place: int) -> str | None:
        if number == "L":
            return self._codes.text[self._codes.starts[place]].upper()
        value = _value(harden(number))
        return value if value is not None and int(value) <= _HIGHEST_BUILDING else None


def _value(number: str) -> str | None:
    value = read_unit_letters(number[:12])
    return None if value is None else str(value)


def _room(number: str) -> str | None:
    """A room's number as written on its door."""
    split = _FLOOR_AND_ROOM.fullmatch(number)
    if split:
        floor = _value(split.group(1))
        return None if floor is None else floor + split.group(2)
    if not set(number) & set("XHK"):
        if len(number) > _LONGEST_ROOM:
            # Room and telephone number in one breath.
            rest = len(number) - _MOBILE_DIGITS
            return number[:rest] if rest in (3, 4) and number[rest] == "1" else None
        return number if len(number) >= 3 else None
    value = _value(number)
    return value if value is not None and 100 <= int(value) <= 99999 else None
