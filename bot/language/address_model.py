"""What an address is made of, while it is being read and when it has been."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum


class AddressPart(str, Enum):
    """A part of an address, as asked for."""

    PHASE = "phase"
    BUILDING = "building"
    UNIT = "unit"
    ROOM = "room"
    FLOOR = "floor"


HOME = (AddressPart.BUILDING, AddressPart.UNIT, AddressPart.ROOM)


@dataclass(frozen=True)
class Mention:
    """Parts said in one go.

    Attributes:
        parts: What was said.
        start: Offset in the text of its first character.
        end: Offset just past its last.
        cost: What reading by sound cost; 0 when every character was right.
        marked: A mark (栋, 单元, 室, a dash) was said; else it is a bare number.
    """

    parts: dict[AddressPart, str] = field(default_factory=dict)
    start: int = 0
    end: int = 0
    cost: float = 0.0
    marked: bool = True


@dataclass(frozen=True)
class Choice:
    """What was chosen.

    Attributes:
        parts: The home's parts.
        spans: Ranges of the text they came from, the main one first.
        cost: What reading by sound cost.
    """

    parts: dict[AddressPart, str]
    spans: tuple[tuple[int, int], ...]
    cost: float


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
        span: The caller's words that say most of it.
        spans: All the caller's words it was read from.
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
    spans: tuple[str, ...] = ()
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

    def home(self) -> dict[str, str]:
        """Building, unit and room as far as said."""
        named = {part.value: getattr(self, part.value) for part in HOME}
        return {name: value for name, value in named.items() if value is not None}

    def with_parts(self, parts: Mapping[str, str]) -> AddressReading:
        """This reading with some parts, by name, set or set otherwise."""
        return replace(
            self,
            phase=parts.get("phase", self.phase),
            building=parts.get("building", self.building),
            unit=parts.get("unit", self.unit),
            room=parts.get("room", self.room),
            floor=parts.get("floor", self.floor),
        )

    def completed_with(self, later: AddressReading) -> AddressReading:
        """This reading with what a later answer adds or corrects."""
        return replace(
            self.with_parts(later.parts()),
            place=later.place or self.place,
            span=later.span or self.span,
            spans=(*self.spans, *later.spans),
            repaired=self.repaired or later.repaired,
            known=later.known if later.known is not None else self.known,
        )
