"""Reading a home's address from speech: 五栋二单元幺零零一, 5-2-1001, 三号楼, B座, 一期… (TAX-090).

Whole or in part, with corrections (不对是1002, 不是五栋是六栋), and by sound when the
recogniser wrote other characters (舞蹈二单元); what was mended says so, because a
mended address is read back before it is used (TAX-115, TAX-118).
"""

from __future__ import annotations

import re
from dataclasses import replace

from bot.language.address_answer import read_answer
from bot.language.address_choice import choose
from bot.language.address_model import HOME, AddressPart, AddressReading, Choice
from bot.language.address_parts import find_mentions
from bot.language.address_rooms import mend
from bot.language.address_sound import home_by_sound
from bot.language.address_tokens import encode
from bot.language.corrections import only_denies, segments_of
from bot.language.heard_digits import FAR, NEAR, SAME
from bot.language.pinyin import LONGEST_READ
from bot.language.place import read_place
from bot.language.roster import Roster

__all__ = ["AddressPart", "AddressReading", "read_address"]

_TELEPHONE = re.compile("电话|手机|号码|尾号|座机")
_ROOM_WORDS = re.compile("房|室|住|家|门牌|户|业主|租|楼")
_TEN_FOR_IS = re.compile(r"(?<=[我家第指只])[十1](?=[一二三四五六七八九两\d])")
_UNIT_LIKE = re.compile("[单丹担元]")
_SHORTEST_ROOM = 3
_LAST_DIGITS = re.compile(r"[0-9]{1,2}")
# Numbers that telephones turn into one another.
_CONFUSED_NUMBERS = {"4": ("10",), "10": ("4",), "14": ("40", "44"), "40": ("14",)}


def read_address(
    text: str,
    roster: Roster | None = None,
    *,
    expect: AddressPart | str | None = None,
    asked: bool = False,
) -> AddressReading | None:
    """Read an address or a part of one.

    Args:
        text: What the caller said.
        roster: What really exists, to settle doubtful readings.
        expect: The part just asked for; a bare number is then that part.
        asked: An address was just asked for, so that its sound is enough.

    Returns:
        The parts found, or None when there is no address in the text.

    Raises:
        ValueError: ``expect`` names no part.
    """
    part = None if expect is None else AddressPart(expect)
    asked = asked or part is not None
    roomy = _ROOM_WORDS.search(text) is not None
    text = text[:LONGEST_READ]
    reading = _read(text, roster, part, asked)
    if roster is not None and reading.known is False:
        # 我十二号楼 for 我是二号楼.
        other = _read(_TEN_FOR_IS.sub("是", text), roster, part, asked)
        if other.known and len(other.home()) >= len(reading.home()):
            reading = replace(other, repaired=True)
    digits_only = set(reading.home()) == {"room"} and not (asked or roomy)
    if digits_only and _TELEPHONE.search(text):
        # 电话不对，是幺三九的.
        reading = AddressReading()
    place = read_place(text)
    if place is not None and place.repaired:
        # 我是 is no 卧室; a place by its sound is for who has asked for one.
        place = None
    if not reading.parts() and place is None:
        return None
    reading = replace(reading, place=place.place if place else None)
    if not reading.span and place is not None:
        reading = replace(reading, span=place.span)
    return reading


def _read(
    text: str, roster: Roster | None, expect: AddressPart | None, asked: bool
) -> AddressReading:
    reading = AddressReading()
    for segment in segments_of(text):
        heard = _read_segment(segment, roster, expect, asked=asked)
        if heard is None:
            heard = _amended(reading, segment)
        if heard is not None:
            reading = reading.completed_with(heard)
    if not reading.parts() and not only_denies(text):
        whole = _read_segment(text, roster, expect, asked=asked)
        reading = whole if whole is not None else reading
    if roster is not None and reading.parts():
        reading = _checked(reading, roster)
    return reading


def _read_segment(
    text: str, roster: Roster | None, expect: AddressPart | None, *, asked: bool
) -> AddressReading | None:
    codes = encode(text)
    said = choose(find_mentions(codes, roster), text, asked=asked)
    if said is None and expect is not None:
        answer = read_answer(codes, expect)
        if answer is not None and not _too_short(answer.parts.get(AddressPart.ROOM)):
            said = Choice(answer.parts, ((answer.start, answer.end),), 0.0)
    if said is not None and roster is not None:
        mended = mend(said.parts, roster)
        if mended is not None:
            said = replace(said, parts=mended, cost=said.cost + SAME)
    if said is None or not _settled(said, text, roster):
        heard = home_by_sound(text, roster, asked=asked)
        if heard is not None and said is not None:
            heard = _joined(heard, said, roster)
        if heard is not None and (said is None or _better(heard, said, roster)):
            said = heard
    if said is None and expect is AddressPart.ROOM:
        answer = read_answer(codes, expect)
        said = Choice(answer.parts, ((answer.start, answer.end),), 0.0) if answer else None
    if said is None:
        return None
    spans = tuple(text[start:end] for start, end in said.spans)
    values = {part.value: value for part, value in said.parts.items()}
    reading = AddressReading(span=spans[0], spans=spans, repaired=said.cost > 0)
    return reading.with_parts(values)


def _too_short(room: str | None) -> bool:
    """腰铃铃一: by characters only the last digit is one."""
    return room is not None and len(room) < _SHORTEST_ROOM


def _home(choice: Choice) -> tuple[str | None, str | None, str | None]:
    building, unit, room = (choice.parts.get(part) for part in HOME)
    return building, unit, room


def _settled(said: Choice, text: str, roster: Roster | None) -> bool:
    """Whether nothing is left for the sound to add or to mend."""
    building, unit, room = _home(said)
    if building is None or room is None:
        return False
    if roster is not None and not roster.has(building, unit, room):
        return False
    return unit is not None or _UNIT_LIKE.search(text) is None


def _joined(heard: Choice, said: Choice, roster: Roster | None) -> Choice:
    """Both together, where the sound and the characters tell different parts of one home."""
    if any(said.parts.get(part, value) != value for part, value in heard.parts.items()):
        return heard
    both = replace(heard, parts={**heard.parts, **said.parts}, spans=(*heard.spans, *said.spans))
    return both if roster is None or roster.has(*_home(both)) else heard


def _better(heard: Choice, said: Choice, roster: Roster | None) -> bool:
    """Whether the reading by sound says more without contradicting what exists."""
    by_sound = [part for part in HOME if part in heard.parts]
    by_character = [part for part in HOME if part in said.parts]
    if len(by_sound) == len(by_character) and roster is not None:
        # Nothing more, but a home that exists where the characters name none.
        longer = len(heard.parts.get(AddressPart.ROOM, "")) >= len(
            said.parts.get(AddressPart.ROOM, "")
        )
        goes_on = heard.parts.get(AddressPart.ROOM, "").startswith(
            said.parts.get(AddressPart.ROOM, "-")
        )
        return (
            longer
            and heard.cost <= (FAR if goes_on else NEAR)
            and roster.has(*_home(heard))
            and not roster.has(*_home(said))
        )
    if len(by_sound) <= len(by_character):
        return False
    agrees = all(
        heard.parts.get(part, said.parts[part]) == said.parts[part] for part in by_character
    )
    return agrees or (roster is not None and roster.has(*_home(heard)))


def _amended(reading: AddressReading, text: str) -> AddressReading | None:
    """The last digits of the room said again (一零零一，错了，零二), or another number of the last part."""
    said = reading.home()
    answer = read_answer(encode(text), AddressPart(next(reversed(said)))) if said else None
    if answer is None:
        return None
    ((part, value),) = answer.parts.items()
    if reading.floor and not reading.room and "号" in text[answer.end : answer.end + 1]:
        part, value = AddressPart.ROOM, reading.floor + value.zfill(2)
    if part is AddressPart.ROOM and _LAST_DIGITS.fullmatch(value):
        value = reading.room[:-2] + value.zfill(2) if reading.room else value
    span = text[answer.start : answer.end]
    return AddressReading(span=span, spans=(span,)).with_parts({part.value: value})


def _checked(reading: AddressReading, roster: Roster) -> AddressReading:
    if roster.has(reading.building, reading.unit, reading.room):
        return replace(reading, known=True)
    mended = []
    for part in ("building", "unit"):
        value = getattr(reading, part)
        for other in _CONFUSED_NUMBERS.get(value or "", ()):
            try_with = reading.with_parts({part: other})
            if roster.has(try_with.building, try_with.unit, try_with.room):
                mended.append({part: other})
    if len(mended) == 1 and reading.building is not None:
        return replace(reading.with_parts(mended[0]), repaired=True, known=True)
    return replace(reading, known=False)
