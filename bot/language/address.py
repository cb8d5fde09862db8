"""Reading a home's address from speech: 五栋二单元幺零零一, 5-2-1001, 三号楼, B座, 一期… (TAX-090).

Whole or in part, with corrections (不对是1002, 不是五栋是六栋), and by sound when the
recogniser wrote other characters (舞蹈二单元); what was mended says so, because a
mended address is read back before it is used (TAX-115, TAX-118).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from bot.language.address_tokens import Codes, encode, harden
from bot.language.numbers import read_unit_letters
from bot.language.phrases import Closeness, PhraseTable
from bot.language.pinyin import sounds_of
from bot.language.place import read_place
from bot.language.roster import Roster


class AddressPart(str, Enum):
    """A part of an address, as asked for."""

    PHASE = "phase"
    BUILDING = "building"
    UNIT = "unit"
    ROOM = "room"
    FLOOR = "floor"


@dataclass(frozen=True)
class AddressReading:
    """What was read of an address; parts not said are None.

    Attributes:
        phase: ``1`` for 一期.
        building: ``5`` or ``A``.
        unit: ``2``.
        room: ``1001``, leading zeros kept.
        floor: ``10``, ``-1`` below ground.
        place: Where in the home or the grounds, when named.
        span: The caller's words from the first part to the last.
        repaired: Something was read by sound, or corrected against the roster.
        known: Whether such a home exists by the roster; None without a roster.
    """

    phase: str | None = None
    building: str | None = None
    unit: str | None = None
    room: str | None = None
    floor: str | None = None
    place: str | None = None
    span: str = ""
    repaired: bool = False
    known: bool | None = None

    @property
    def complete(self) -> bool:
        """Building and room are there (some communities have no units)."""
        return self.building is not None and self.room is not None

    def parts(self) -> dict[str, str]:
        """The parts that were said, by name."""
        named = {part.value: getattr(self, part.value) for part in AddressPart}
        return {name: value for name, value in named.items() if value is not None}

    def completed_with(self, later: AddressReading) -> AddressReading:
        """This reading with what a later answer adds or corrects."""
        return replace(
            self,
            **later.parts(),
            place=later.place or self.place,
            span=later.span or self.span,
            repaired=self.repaired or later.repaired,
            known=later.known if later.known is not None else self.known,
        )


_Keep = Callable[[str, "str | None", int, int], bool]

_CUES = PhraseTable(
    {
        "corrected": "不对不?对?(是|应该是)? 说错了? 讲错了? 搞错了? 记错了? =错了 应该是 更正 改成 哦不(是)? 不不",
        "not": "不是",
        "is": "=是",
    },
    folded=False,
)
_NUM = "[0-9XHK]+"
_DASHED = re.compile(rf"({_NUM}|L)[Bh]?-({_NUM})U?(?:-({_NUM}))?")
_PHASE = re.compile(rf"({_NUM}|L)P")
_BUILDING = re.compile(rf"(?:(?P<hard>{_NUM}|L)|(?P<soft>[a-j]))B[FB]?")
_BUILDING_BY_NUMBER = re.compile(rf"({_NUM})h(?=({_NUM}|L)U)")
_UNIT = re.compile(rf"(?:(?P<hard>{_NUM}|L)|(?P<soft>[a-j]))U")
_FLOOR = re.compile(rf"(G?)({_NUM})F")
_ROOM_HERE = re.compile(r"(?:([0-9XHK]{3,})|([0-9a-jXHK]{3,4}))[Rh]*")
_TWO_DIGITS_HERE = re.compile(r"(0?[0-9])(?![0-9XHKBUFP])")
_ROOM_MARKED = re.compile(r"([0-9XHK]{3,})R|Rh?y?([0-9XHK]{3,})")
_BARE = re.compile(r"[^0-9XHKa-jL]*([0-9XHK]+|L|[0-9a-jXHK]+)[Rhy.]?")
_ONLY_NUMBER = re.compile(r"[y.]{0,2}([0-9XHK]+)[Rh]?")
_FLOOR_AND_ROOM = re.compile(r"(\d?X\d?)(\d{2})")
_MOBILE_DIGITS = 11
_LONGEST_ROOM = 5
# Numbers that telephones turn into one another: 四/十, 一/七, 六/九.
_CONFUSED_NUMBERS = {
    "4": ("10",), "10": ("4",), "1": ("7",), "7": ("1",), "6": ("9",), "9": ("6",),
    "11": ("17", "7"), "14": ("44", "40"), "5": ("15",), "2": ("12",),
}  # fmt: skip


def read_address(
    text: str, roster: Roster | None = None, *, expect: AddressPart | str | None = None
) -> AddressReading | None:
    """Read an address or a part of one.

    Args:
        text: What the caller said.
        roster: What really exists, to settle doubtful readings.
        expect: The part just asked for; a bare number is then that part.

    Returns:
        The parts found, or None when there is no address in the text.

    Raises:
        ValueError: ``expect`` names no part.
    """
    part = None if expect is None else AddressPart(expect)
    reading = AddressReading()
    for segment in _segments(text):
        heard = _read_segment(segment, roster, part)
        if heard is not None:
            reading = reading.completed_with(heard)
    place = read_place(text)
    if not reading.parts() and place is None:
        return None
    reading = replace(reading, place=place.place if place else None)
    if not reading.span and place is not None:
        reading = replace(reading, span=place.span)
    if roster is not None and reading.parts():
        reading = _checked(reading, roster)
    return reading


def _segments(text: str) -> list[str]:
    """Cut at corrections; what was taken back (不是X是…) is left out."""
    sounds = sounds_of(text)
    cues = [hit for hit in _CUES.find(sounds) if hit.closeness is not Closeness.FOLDED]
    pieces: list[str] = []
    start = 0
    denied_from: int | None = None
    for cue in cues:
        begin, end = sounds.starts[cue.first], sounds.ends[cue.stop - 1]
        if begin < start:
            continue
        if cue.name == "corrected":
            if denied_from is None:
                pieces.append(text[start:begin])
            start, denied_from = end, None
        elif cue.name == "not":
            pieces.append(text[start:begin])
            start, denied_from = end, begin
        elif denied_from is not None:
            start, denied_from = end, None
    if denied_from is None:
        pieces.append(text[start:])
    return [piece for piece in pieces if piece.strip()]


def _read_segment(
    text: str, roster: Roster | None, expect: AddressPart | None
) -> AddressReading | None:
    hard = _parse(encode(text), expect)
    if hard is not None and hard.complete and hard.unit is not None:
        return hard
    soft = _parse(encode(text, soft=True), expect)
    if soft is None or (hard is not None and len(soft.parts()) <= len(hard.parts())):
        return hard
    if hard is not None and any(
        soft.parts()[name] != value for name, value in hard.parts().items() if name in soft.parts()
    ):
        return hard
    trusted = (
        (soft.unit is not None and soft.building is not None)
        or (soft.building is not None and soft.room is not None)
        or (soft.unit is not None and soft.room is not None)
        or expect is not None
        or (roster is not None and roster.has(soft.building, soft.unit, soft.room))
    )
    if not trusted or (roster is not None and not roster.has(soft.building)):
        return hard
    return replace(soft, repaired=True)


def _parse(codes: Codes, expect: AddressPart | None) -> AddressReading | None:
    found: dict[str, str] = {}
    spans: list[tuple[int, int]] = []
    string = codes.codes

    def keep(part: str, value: str | None, first: int, stop: int) -> bool:
        if value is None or part in found:
            return False
        found[part] = value
        spans.append((first, stop))
        return True

    dashed = _DASHED.search(string)
    if dashed and (dashed.group(3) or len(dashed.group(2)) >= 3):
        building, second, third = dashed.groups()
        keep("building", _named(codes, building, dashed.start(1)), *dashed.span())
        if third:
            keep("unit", _value(second), *dashed.span())
        keep("room", _room(third or second), *dashed.span())
    end = dashed.end() if dashed and found else 0
    for match in (_PHASE.search(string),):
        if match:
            keep("phase", _named(codes, match.group(1), match.start(1)), *match.span())
            end = max(end, match.end())
    building_match = _BUILDING.search(string) or _BUILDING_BY_NUMBER.search(string)
    if building_match:
        first = building_match.start()
        if keep(
            "building",
            _named(codes, building_match.group(1) or building_match.group(2), first),
            *building_match.span(),
        ):
            end = max(end, building_match.end())
    unit = _UNIT.search(string)
    if unit and keep(
        "unit", _named(codes, unit.group(1) or unit.group(2), unit.start()), *unit.span()
    ):
        end = max(end, unit.end())
    floor = _FLOOR.search(string, end) or _FLOOR.search(string)
    if floor and not (building_match and floor.start() < building_match.end()):
        value = _value(floor.group(2))
        if value is not None and keep(
            "floor", ("-" if floor.group(1) else "") + value, *floor.span()
        ):
            end = max(end, floor.end())
    _keep_room(string, end, found, keep)
    bare = _ONLY_NUMBER.fullmatch(string)
    if not found and bare and expect is None and 3 <= len(bare.group(1)) <= _LONGEST_ROOM:
        keep("room", _room(bare.group(1)), *bare.span(1))
    if expect is not None and expect.value not in found:
        _keep_expected(codes, expect, found, keep)
    if not found:
        return None
    start = min(codes.starts[first] for first, _ in spans)
    stop = max(codes.ends[last - 1] for _, last in spans)
    return AddressReading(**found, span=codes.text[start:stop])


def _keep_room(string: str, end: int, found: dict[str, str], keep: _Keep) -> None:
    if "room" in found:
        return
    marked = _ROOM_MARKED.search(string)
    if end:
        here = _ROOM_HERE.match(string, end)
        if here:
            value = _room(here.group(1) or harden(here.group(2)))
            if value and keep("room", value, here.start(), here.end()):
                return
        two = _TWO_DIGITS_HERE.match(string, end)
        if two and "floor" in found and not found["floor"].startswith("-"):
            keep("room", found["floor"] + two.group(1).zfill(2), *two.span())
            return
    if marked:
        keep("room", _room(marked.group(1) or marked.group(2)), *marked.span())


def _keep_expected(codes: Codes, expect: AddressPart, found: dict[str, str], keep: _Keep) -> None:
    bare = _BARE.fullmatch(codes.codes)
    if not bare or found:
        return
    number = harden(bare.group(1))
    first, stop = bare.span(1)
    if expect is AddressPart.ROOM:
        value = _room(number) or (_value(number) if len(number) <= 3 else None)
    elif number == "L":
        value = codes.text[codes.starts[first]].upper()
    else:
        value = _value(number)
        if value is not None and int(value) > 200:
            value = None
    keep(expect.value, value, first, stop)


def _named(codes: Codes, number: str, place: int) -> str | None:
    if number == "L":
        return codes.text[codes.starts[place]].upper()
    value = _value(harden(number))
    return value if value is not None and int(value) <= 999 else None


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


def _checked(reading: AddressReading, roster: Roster) -> AddressReading:
    if roster.has(reading.building, reading.unit, reading.room):
        return replace(reading, known=True)
    mended = []
    for part in ("building", "unit"):
        value = getattr(reading, part)
        for other in _CONFUSED_NUMBERS.get(value or "", ()):
            parts = {"building": reading.building, "unit": reading.unit, part: other}
            if roster.has(parts["building"], parts["unit"], reading.room):
                mended.append({part: other})
    if len(mended) == 1 and reading.building is not None:
        return replace(reading, **mended[0], repaired=True, known=True)
    return replace(reading, known=False)
