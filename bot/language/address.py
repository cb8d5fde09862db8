"""Reading a home's address from speech: 五栋二单元幺零零一, 5-2-1001, 三号楼, B座, 一期… (TAX-090).

Whole or in part, with corrections (不对是1002, 不是五栋是六栋), and by sound when the
recogniser wrote other characters (舞蹈二单元); what was mended says so, because a
mended address is read back before it is used (TAX-115, TAX-118).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.language.address_parts import AddressPart, find_parts
from bot.language.address_tokens import Codes, encode
from bot.language.phrases import Closeness, PhraseTable
from bot.language.pinyin import LONGEST_READ, sounds_of
from bot.language.place import read_place
from bot.language.roster import Roster


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


_CUES = PhraseTable(
    {
        "corrected": "不对不?对?(是|应该是)? 说错了? 讲错了? 搞错了? 记错了? =错了 应该是 更正 改成 哦不(是)? 不不",
        "not": "不是",
        "is": "=是",
    },
    folded=False,
)
_SHORTEST_ROOM = 3
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
    text = text[:LONGEST_READ]
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
    if soft is None:
        return hard
    if expect is AddressPart.ROOM and hard is not None and len(hard.room or "") < _SHORTEST_ROOM:
        # 腰铃铃一: by characters only the last digit is one.
        hard = hard if len(soft.room or "") < _SHORTEST_ROOM else None
    if hard is not None and not _adds_to(hard, soft):
        return hard
    if not _trusted(soft, expect) or (roster is not None and not roster.has(soft.building)):
        return hard
    return replace(soft, repaired=True)


def _adds_to(hard: AddressReading, soft: AddressReading) -> bool:
    """Whether the reading by sound says more and nothing else."""
    by_sound = soft.parts()
    return len(by_sound) > len(hard.parts()) and all(
        by_sound.get(name, value) == value for name, value in hard.parts().items()
    )


def _trusted(soft: AddressReading, expect: AddressPart | None) -> bool:
    """By sound alone one part is too little, unless it was asked for: 十多 is no building."""
    said = [soft.building, soft.unit, soft.room]
    return expect is not None or sum(part is not None for part in said) >= 2


def _parse(codes: Codes, expect: AddressPart | None) -> AddressReading | None:
    found, span = find_parts(codes, expect)
    if not found:
        return None
    return AddressReading(
        phase=found.get(AddressPart.PHASE),
        building=found.get(AddressPart.BUILDING),
        unit=found.get(AddressPart.UNIT),
        room=found.get(AddressPart.ROOM),
        floor=found.get(AddressPart.FLOOR),
        span=span,
    )


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
