"""The mentions of homes in a string of address codes (see ``address_tokens``).

A mention is what was said in one go: 五栋二单元一零零一, or only 三单元, or 九零二的. Which mention
is meant, and what comes together from several, is ``address_choice``'s business.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.language.address_model import AddressPart, Mention
from bot.language.address_no_home import counts_buildings, counts_something, is_service
from bot.language.address_rooms import HIGHEST_PART, LONGEST_ROOM, room_number, whole_number
from bot.language.address_tokens import Codes, letter_at
from bot.language.heard_digits import SAME
from bot.language.roster import Roster

_NUM = "[0-9XHK]{1,10}"
_ITEM = re.compile(
    rf"(?P<dashed>({_NUM}|L)[BZh]?-({_NUM})(?:U?-({_NUM})|U)?)"
    rf"|(?P<phase>({_NUM}|L)P)"
    rf"|(?P<building>(?P<ordinal>d?)(?P<b>{_NUM}|L)(?:[BZ]F?|o(?={_NUM}U)))"
    rf"|(?P<numbered>(?P<n>{_NUM})[hF](?=(?:[1-9X]{{1,2}}|L)U))"
    rf"|(?P<unit>({_NUM}|L)U)"
    rf"|(?P<gate>({_NUM})M)"
    rf"|(?P<floor>(?P<below>G?)(?P<letter>L?)(?P<f>{_NUM})F)"
    r"|(?P<lettered>L-?(?P<lr>[0-9ogq]{3,4})(?![0-9U]))"
    r"|(?P<number>(?P<mark>Rh?)?(?P<r>[0-9](?:_[0-9]){2,3}(?![_0-9XHKBUFPZM])|[0-9XHKogq]+(?:_[0-9]{1,2}(?![0-9XHKBUFPZM]))?)(?P<tail>[hR]*))"
)
_ROOM_AND_FLOOR = re.compile(r"(\d{3,4})(\d?X\d?)")
_ON_FLOOR = re.compile(r"0?[1-9]|[1-9]\d|X\d?")
_JOINTS = re.compile("[_Rh-]*")
_SHORTEST_ROOM = 3
_HIGHEST_BUILDING = 999


def find_mentions(codes: Codes, roster: Roster | None = None) -> list[Mention]:
    """Every mention of a home, in order of the text."""
    return _Scanner(codes, roster).scan()


class _Scanner:
    """Reads items from left to right; those that touch make one mention."""

    def __init__(self, codes: Codes, roster: Roster | None) -> None:
        self._codes = codes
        self._roster = roster
        self._found: list[Mention] = []
        self._parts: dict[AddressPart, str] = {}
        self._first = self._stop = -1
        self._last: AddressPart | None = None
        self._ordinal = False
        self._cost = 0.0
        self._take: dict[str, Callable[[re.Match[str]], None]] = {
            "dashed": self._take_dashed,
            "phase": self._take_phase,
            "building": self._take_building,
            "numbered": self._take_numbered,
            "unit": self._take_unit,
            "gate": self._take_gate,
            "floor": self._take_floor,
            "lettered": self._take_lettered,
            "number": self._take_number,
        }

    def scan(self) -> list[Mention]:
        for item in _ITEM.finditer(self._codes.codes):
            if self._parts and not self._touches(item.start()):
                self._close()
            kind = next(kind for kind in self._take if item[kind] is not None)
            self._take[kind](item)
        self._close()
        return self._found

    def _touches(self, place: int) -> bool:
        return _JOINTS.fullmatch(self._codes.codes, self._stop, place) is not None

    def _close(self) -> None:
        parts, self._parts = self._parts, {}
        alone = AddressPart.UNIT not in parts and AddressPart.ROOM not in parts
        if parts and not (self._ordinal and alone):
            self._found.append(
                Mention(
                    parts,
                    self._codes.starts[self._first],
                    self._codes.ends[self._stop - 1],
                    self._cost,
                )
            )
        self._last, self._ordinal, self._cost = None, False, 0.0

    def _keep(self, part: AddressPart, value: str | None, first: int, stop: int) -> None:
        if value is None:
            return
        if self._parts.get(part, value) != value:
            self._close()
        if not self._parts:
            self._first = first
        self._parts[part] = value
        self._stop, self._last = stop, part

    def _named(self, number: str, place: int) -> str | None:
        if number == "L":
            return letter_at(self._codes, place)
        value = whole_number(number)
        return value if value is not None and int(value) <= _HIGHEST_BUILDING else None

    def _take_dashed(self, item: re.Match[str]) -> None:
        """5-2-1001, 5-1001 or 5-2单元."""
        building, second, third = item.group(2), item.group(3), item.group(4)
        room = room_number(third or second)
        with_unit = third is not None or item.group().endswith("U")
        if len(building) > 3 or (with_unit and len(second) > 2):
            return
        if third is not None and room is None:
            return
        if not with_unit and (room is None or len(second) < 3):
            return
        self._keep(AddressPart.BUILDING, self._named(building, item.start(2)), *item.span())
        if with_unit:
            self._keep(AddressPart.UNIT, whole_number(second), *item.span())
        if third is not None or not with_unit:
            self._keep(AddressPart.ROOM, room, *item.span())

    def _take_phase(self, item: re.Match[str]) -> None:
        start = item.start()
        self._keep(AddressPart.PHASE, self._named(item.group()[:-1], start), *item.span())

    def _take_building(self, item: re.Match[str]) -> None:
        number, place = item["b"], item.start("b")
        if item.group().endswith("Z") and self._last is AddressPart.BUILDING and number != "L":
            self._keep(AddressPart.UNIT, self._named(number, place), *item.span())
            return
        name = self._named(number, place)
        if number != "L" and self._roster is not None and not self._roster.has(name):
            if len(number) > 2:
                name, place = self._split(number, place)
            elif self._stutters(number, place):
                # 八，八栋; 一一栋 and 88栋 are numbers.
                name, self._cost = number[0], self._cost + SAME
        if name is None or counts_buildings(self._codes, item):
            return
        self._keep(AddressPart.BUILDING, name, place, item.end())
        self._ordinal = self._ordinal or bool(item["ordinal"])

    def _stutters(self, number: str, place: int) -> bool:
        if len(number) != 2 or number[0] != number[1] or number[0] == "1" or self._roster is None:
            return False
        spoken = not self._codes.text[self._codes.starts[place]].isascii()
        return spoken and self._roster.has(number[0])

    def _split(self, number: str, place: int) -> tuple[str | None, int]:
        """一千零一五栋: a room ran into the building; 一七五栋: 一期 written as digits."""
        for cut in range(1, len(number)):
            name = whole_number(number[cut:])
            if self._roster is None or not name or not self._roster.has(name):
                continue
            before = number[:cut]
            if before in ("17", "27", "37"):
                self._keep(AddressPart.PHASE, before[0], place, place + cut)
                self._cost += SAME
                return name, place + cut
            room = room_number(before)
            if room is not None and self._roster.has(name, None, room):
                self._keep(AddressPart.ROOM, room, place, place + cut)
                return name, place + cut
        name = whole_number(number[-1]) if number.isdigit() and len(number) > 3 else None
        if self._roster is not None and name and self._roster.has(name):
            self._cost += SAME
            return name, place + len(number) - 1
        return None, place

    def _take_numbered(self, item: re.Match[str]) -> None:
        """五号二单元; 五楼二单元 is 五栋 misheard, no floor comes before its unit."""
        end = item.end() - 1
        if item.group().endswith("F") and self._codes.ends[end] != self._codes.starts[end + 1]:
            # 住一楼，一单元那边.
            self._keep(AddressPart.FLOOR, whole_number(item["n"]), *item.span())
            return
        self._keep(AddressPart.BUILDING, self._named(item["n"], item.start()), *item.span())
        if item.group().endswith("F"):
            self._cost += SAME

    def _take_unit(self, item: re.Match[str]) -> None:
        number, place = item.group()[:-1], item.start()
        if len(number) > 2:
            # 十五楼零三一单元, 一零零一二单元: a room ran into the unit.
            before, number = number[:-1], number[-1]
            place += len(before)
            room = room_number(before) or self._on_floor(before, loose=False)
            self._keep(AddressPart.ROOM, room, item.start(), place)
        name = self._named(number, place)
        if self._roster is not None and len(number) == 2 and not self._roster.has(None, name):
            # 是三单元 heard as 十三单元.
            shorter = self._named(number[-1], place)
            if self._roster.has(None, shorter):
                name, self._cost = shorter, self._cost + SAME
        self._keep(AddressPart.UNIT, name, place, item.end())

    def _take_gate(self, item: re.Match[str]) -> None:
        if self._last is AddressPart.BUILDING:
            self._take_unit(item)

    def _take_floor(self, item: re.Match[str]) -> None:
        number, place = item["f"], item.start()
        ran_into = _ROOM_AND_FLOOR.fullmatch(number)
        if ran_into and not self._parts:
            # 房号是二四零二，二十四楼.
            floor = whole_number(ran_into.group(2))
            if floor == ran_into.group(1)[:-2]:
                self._keep(AddressPart.ROOM, ran_into.group(1), place, place + 4)
                number = ran_into.group(2)
        value = None if item["letter"] else whole_number(number)
        if value is None or int(value) > HIGHEST_PART:
            return
        floor = ("-" if item["below"] else "") + value
        self._keep(AddressPart.FLOOR, floor, *item.span())

    def _take_lettered(self, item: re.Match[str]) -> None:
        """B 1406."""
        name = letter_at(self._codes, item.start())
        if self._roster is not None and not self._roster.has(name) and "-" not in item.group():
            return
        self._keep(AddressPart.BUILDING, name, *item.span())
        self._keep(AddressPart.ROOM, room_number(item["lr"]), *item.span())

    def _take_number(self, item: re.Match[str]) -> None:
        text, end = self._codes.text, self._codes.ends[item.end() - 1]
        if self._last is not AddressPart.UNIT and counts_something(text, end):
            return
        joined = item["r"]
        first, number, stop = joined.split("_")[0], joined.replace("_", ""), item.end()
        apart = len(first) > 2 or not (self._parts or joined.count("_") > 1)
        if "_" in joined and (apart or not 3 <= len(number) <= 4):
            number, stop = first, item.start("r") + len(first)
        # 一楼三户 counts homes.
        if item["tail"] and text[end - 1 : end] == "户" and len(number) < _SHORTEST_ROOM:
            return
        loose = not item["tail"] and item.end() < len(self._codes.codes)
        if self._parts and AddressPart.ROOM not in self._parts:
            room = room_number(number) or self._on_floor(number, loose=loose)
            self._keep(AddressPart.ROOM, room, item.start(), stop)
            if room is not None:
                return
        self._bare(number, item, stop)

    def _on_floor(self, number: str, *, loose: bool) -> str | None:
        """十楼零二, 十六楼三号."""
        floor = self._parts.get(AddressPart.FLOOR, "-")
        if self._last is not AddressPart.FLOOR or floor.startswith("-"):
            return None
        if not _ON_FLOOR.fullmatch(number):
            return None
        value = None if loose and len(number) == 1 else whole_number(number)
        return None if value is None else floor + value.zfill(2)

    def _bare(self, number: str, item: re.Match[str], stop: int) -> None:
        """A number by itself; whether it is a room is for the choice to say."""
        room = room_number(number)
        start = self._codes.starts[item.start()]
        known = self._roster is not None and self._roster.has(None, None, room)
        if room is None or is_service(room, self._codes.text, start, known=known):
            return
        if len(room) >= LONGEST_ROOM and room[1] != "0" and not known:
            # More likely part of a telephone number than a room with a digit too many.
            return
        self._close()
        end = self._codes.ends[stop - 1]
        marked = bool(item["mark"]) or "R" in item["tail"]
        self._found.append(Mention({AddressPart.ROOM: room}, start, end, marked=marked))
