"""Reading a home by sound: what the recogniser wrote is held against the community's real homes.

Every stretch that could be 栋-单元-室 by sound is decoded into the homes it may mean, each with
the cost of its doubtful syllables. A home that exists beats one that does not, a cheap one a dear
one; parts in which two equally good homes differ are left out, so that they are asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.language.address_model import HOME, AddressPart, Choice
from bot.language.address_tokens import Codes, encode, letter_at, meanings_of, symbols_of
from bot.language.heard_digits import (
    BUILDING_HEARD,
    DASH_HEARD,
    DIGITS_HEARD,
    FAR,
    HOUSE_HEARD,
    LETTER_MARK_HEARD,
    LETTERS_HEARD,
    NEAR,
    SAME,
)
from bot.language.roster import Roster
from bot.language.sound_numbers import (
    COUNT,
    DIGIT,
    FLOOR,
    Options,
    is_plain,
    mark_cost,
    numbers_heard,
    room_readings,
)

_HOUSE = f"[h{symbols_of(HOUSE_HEARD)}][{FLOOR}]"
_BUILDING = f"BZFo{symbols_of(BUILDING_HEARD)}"
_MARK = f"(?:{_HOUSE}|[{_BUILDING}]F?)"
# Whatever stands between the numbers of 五？二单元, when an address was asked for.
_ANY_MARK = "[^0-9XHKUuRLFdch_-]"
_LETTER = f"[L{symbols_of(LETTERS_HEARD)}]"
_LETTER_MARK = f"[BZ{symbols_of(LETTER_MARK_HEARD)}]"
_DASH = f"[-{symbols_of(DASH_HEARD)}]"
_ROOM = f"[{DIGIT}XHKB{FLOOR}]{{2,6}}h?"
_UNIT = f"(?P<u>[{COUNT}])(?P<um>[UuZ])"
_HOME = re.compile(
    rf"(?:(?<![0-9XHK])|(?<=[0-9]{{3}}))(?=(?P<b>[{COUNT}]{{1,3}}?)(?P<bm>{_MARK}|{_ANY_MARK}(?=[{COUNT}][Uu]))(?:{_UNIT})?(?P<r>{_ROOM})?)"
    rf"|(?<![0-9XHK])(?=(?P<db>[{COUNT}]{{1,2}}){_DASH}(?P<du>[{COUNT}]){_DASH}(?P<dr>{_ROOM}))"
)
_LETTERED = re.compile(rf"(?=(?P<b>{_LETTER})(?P<bm>{_LETTER_MARK})(?P<r>{_ROOM})?)")
_BY_UNIT = re.compile(rf"(?<![0-9XHK])(?=(?P<u>[{COUNT}])(?P<um>[Uu])(?P<r>{_ROOM})?)")
_WHOLE = re.compile(rf"\.{{0,4}}(?P<r>{_ROOM})\.{{0,2}}")
_DIGITS_BEFORE = re.compile("(?<![0-9XHK])[0-9]{3,4}$")
# 动 and its like alone are no 栋 in these words.
_NO_MARK = re.compile(f"(?!{_MARK}).")
_DONG = ("o", *symbols_of(["dong"]))
_NO_BUILDING = re.compile(r"隔壁|[一]动|[底在]座|[动懂][不手静机作物画力态了用]|[东冬懂]")
_UNKNOWN_COST = 2.0
_MOST_FOR_WHOLE = 2.5
_PER_PART = 3.0
_MARGIN = 0.35
_HIGHEST_BUILDING = 40
_Home = tuple[str | None, str | None, str | None]


@dataclass(frozen=True)
class _Heard:
    """A home a stretch may mean."""

    home: _Home
    cost: float
    first: int
    stop: int

    @property
    def score(self) -> float:
        said = sum(part is not None for part in self.home)
        return self.cost - _PER_PART * said


def home_by_sound(text: str, roster: Roster | None, *, asked: bool = False) -> Choice | None:
    """The home that was most likely said, by sound.

    Args:
        text: What the recogniser wrote.
        roster: The community's homes; without them only plain homophones are read.
        asked: An address was asked for: less is needed to believe in one.
    """
    codes = encode(text, soft=True)
    heard = list(_Decoder(codes, roster, asked).homes())
    if not heard:
        return None
    best = min(heard, key=lambda one: (one.score, one.first))
    rivals = [one.home for one in heard if one.score <= best.score + _MARGIN and one is not best]
    parts: dict[AddressPart, str] = {}
    for place, part in enumerate(HOME):
        value = best.home[place]
        if value is not None and all(rival[place] in (value, None) for rival in rivals):
            parts[part] = value
    if not parts:
        return None
    span = (codes.starts[best.first], codes.ends[best.stop - 1])
    return Choice(parts, (span,), max(best.cost, SAME))


class _Decoder:
    """Lists the homes one text may mean."""

    def __init__(self, codes: Codes, roster: Roster | None, asked: bool) -> None:
        self._codes = codes
        self._string = codes.codes
        self._roster = roster
        self._asked = asked

    def homes(self) -> Iterable[_Heard]:
        for match in _HOME.finditer(self._string):
            if match["db"] is not None:
                yield from self._dashed(match)
            elif match["um"] or match["r"] or self._asked or self._string[match.start()] in "23568":
                yield from self._home(
                    match, numbers_heard(match["b"]), self._building_mark(match["bm"])
                )
        for match in _LETTERED.finditer(self._string):
            cost = mark_cost(match["bm"], LETTER_MARK_HEARD)
            if match["bm"] == "B" and match["b"] != "L":
                cost = NEAR
            yield from self._home(match, self._letters(match), cost, lettered=True)
        for match in _BY_UNIT.finditer(self._string):
            if not is_plain(match["u"]) or match["um"] != "U":
                yield from self._unit_only(match)
        if self._asked:
            whole = _WHOLE.fullmatch(self._string)
            if whole:
                for room, cost in self._rooms(whole["r"], None, None, 0):
                    if cost > _MOST_FOR_WHOLE:
                        continue
                    yield _Heard((None, None, room), cost, whole.start("r"), whole.end("r"))

    def _building_mark(self, mark: str) -> float:
        if len(mark) == 2:
            return 0.0 if mark == "hF" else min(SAME, mark_cost(mark[0], BUILDING_HEARD))
        return mark_cost(mark, BUILDING_HEARD)

    def _letters(self, match: re.Match[str]) -> Options:
        symbol = match["b"]
        if symbol == "L":
            return [(letter_at(self._codes, match.start()), 0.0)]
        return meanings_of(symbol, LETTERS_HEARD)

    def _home(
        self, match: re.Match[str], names: Options, mark: float, *, lettered: bool = False
    ) -> Iterable[_Heard]:
        groups = match.groupdict()
        unit_said, room_said = groups.get("u"), match["r"]
        if match["bm"].startswith("F") and not unit_said:
            # A floor; only right before a unit it can be 栋 misheard.
            return
        if (
            match["bm"] == "F"
            and self._codes.ends[match.end("bm") - 1] != self._codes.starts[match.end("bm")]
        ):
            return
        sure = (
            mark == 0
            or match["b"] == "L"
            or (bool(unit_said) and mark <= FAR)
            or (bool(room_said) and mark <= NEAR)
        )
        plain = match["b"] == "L" or is_plain(match["b"])
        if _NO_MARK.fullmatch(match["bm"]) and not lettered and not (self._asked and plain):
            return
        for name, cost in names:
            far = cost > NEAR * len(match["b"]) and mark > 0
            if not (plain or lettered) and (mark > NEAR or (far and not (unit_said and room_said))):
                # Far from a number before what is far from 栋 is anything.
                continue
            total = cost + mark + self._inside_word(match.start("b"))
            known = self._roster is None or self._roster.has(name)
            if not known:
                # Kept as said, if only homophones stand between it and plain characters.
                if total > 2 * SAME or not unit_said:
                    continue
                total += _UNKNOWN_COST
            elif self._roster is None and not _plausible(name, total):
                continue
            stop = match.end("bm")
            units: list[tuple[str | None, float]] = [(None, 0.0)]
            if unit_said:
                stop = match.end("um")
                units = [
                    (unit, total_unit + (0.0 if match["um"] in "UZ" else SAME))
                    for unit, total_unit in numbers_heard(unit_said)
                    if not known or self._has(name, unit, total + total_unit)
                ]
            for unit, unit_cost in units:
                spent = total + unit_cost
                alone = unit is None
                rooms = list(self._rooms(room_said, name, unit, 1 if alone else 0))
                rooms += self._rooms_before(match.start("b"), name, unit)
                for room, room_cost in rooms:
                    if sure:
                        yield _Heard(
                            (name, unit, room),
                            spent + room_cost,
                            match.start("b"),
                            max(stop, match.end("r")),
                        )
                if (not alone and not far) or (alone and self._alone(match, spent, lettered)):
                    yield _Heard((name, unit, None), spent, match.start("b"), stop)

    def _alone(self, match: re.Match[str], cost: float, lettered: bool) -> bool:
        """Whether a building by sound and nothing else is believed."""
        first, stop = match.start("b"), match.end("bm")
        start = max(0, self._codes.starts[first] - 1)
        said = self._codes.text[start : self._codes.ends[stop - 1] + 1]
        if _NO_BUILDING.search(said) or self._string[max(0, first - 1) : first] == "d":
            return False
        if is_plain(match["b"]) and match["bm"] in ("B", "Z"):
            # In plain characters: the characters have been read already.
            return False
        if self._asked:
            whole = first <= 3 and len(self._string) - stop <= 1
            if whole:
                return cost <= 2 * NEAR + FAR
            return cost < 2 * SAME or (cost == 2 * SAME and (first == 0 or stop - first > 2))
        if lettered and match["bm"] == "Z":
            return cost <= NEAR
        return cost <= SAME and (match["bm"] in ("B", "Z") or self._as_written(match))

    def _as_written(self, match: re.Match[str]) -> bool:
        """三洞, 五动: a digit and a homophone of 栋; 一动 is a word."""
        return is_plain(match["b"]) and match["b"] != "1" and match["bm"] in _DONG

    def _inside_word(self, first: int) -> float:
        """喜爱号楼 is 十二号楼 rather than 二号楼: a 十 left out before a building costs."""
        before = self._string[max(0, first - 1) : first]
        return FAR if any(digit == "X" for digit, _ in meanings_of(before, DIGITS_HEARD)) else 0.0

    def _rooms_before(self, first: int, name: str, unit: str | None) -> list[tuple[str, float]]:
        """九零二五栋一单元: the room ran into the building."""
        found = _DIGITS_BEFORE.search(self._string, 0, first)
        if found is None or self._roster is None:
            return []
        room = found.group()
        return [(room, 0.0)] if self._roster.has(name, unit, room) else []

    def _has(self, name: str, unit: str, cost: float) -> bool:
        """Whether a unit exists, or was as good as said."""
        return self._roster is None or self._roster.has(name, unit) or cost <= SAME

    def _unit_only(self, match: re.Match[str]) -> Iterable[_Heard]:
        """腰单元: the unit by sound where the building is said elsewhere or not at all."""
        for unit, cost in numbers_heard(match["u"]):
            if self._roster is not None and not self._roster.has(None, unit):
                continue
            spent = cost + (0.0 if match["um"] == "U" else SAME)
            if spent > NEAR + SAME:
                continue
            for room, room_cost in self._rooms(match["r"], None, unit, 0):
                yield _Heard(
                    (None, unit, room), spent + room_cost, match.start("u"), match.end("r")
                )
            if self._asked:
                # 建议单元门口 is no 一单元.
                yield _Heard((None, unit, None), spent, match.start("u"), match.end("um"))

    def _dashed(self, match: re.Match[str]) -> Iterable[_Heard]:
        for name, cost in numbers_heard(match["db"]):
            for unit, unit_cost in numbers_heard(match["du"]):
                if self._roster is None or not self._roster.has(name, unit):
                    continue
                for room, room_cost in self._rooms(match["dr"], name, unit, 1):
                    total = cost + unit_cost + room_cost + 2 * SAME
                    yield _Heard((name, unit, room), total, match.start("db"), match.end("dr"))

    def _rooms(
        self, said: str | None, name: str | None, unit: str | None, least_hard: int
    ) -> Iterable[tuple[str, float]]:
        """Real rooms that the codes after the last mark may mean."""
        if not said or sum(c in "0123456789XHK" for c in said) < least_hard:
            return
        for room, cost in room_readings(said):
            if self._roster is None:
                if cost <= 3 * SAME:
                    yield room, cost
            elif self._roster.has(name, unit, room) or (
                cost == 0 and not self._roster.has(name, unit)
            ):
                yield room, cost


def _plausible(name: str, cost: float) -> bool:
    small = not name.isdigit() or int(name) <= _HIGHEST_BUILDING
    return small and cost <= SAME + NEAR
