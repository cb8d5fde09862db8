"""What a community really has: buildings, units, rooms and who lives there.

Handed to the readers by their callers (from site data), so that what was heard
can be held against what exists.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from bot.language.phone_numbers import PhoneBook
from bot.language.pinyin import sounds_of


@dataclass(frozen=True)
class Resident:
    """One household's contact.

    Attributes:
        name: As registered.
        building: ``5`` or ``A``.
        unit: ``2``, or None where buildings have no units.
        room: ``1001``.
        phone: Digits only, or None.
    """

    name: str
    building: str
    unit: str | None
    room: str
    phone: str | None = None


@dataclass(frozen=True)
class Roster:
    """Buildings to units to rooms, and residents.

    Attributes:
        buildings: ``{"5": {"2": ("1001", ...)}}``; a building without units has
            the one unit ``""``. An empty tuple of rooms means any room may exist.
        residents: Whoever is registered.
        phase_of: Building to phase (期), where the community has phases.
    """

    buildings: dict[str, dict[str, tuple[str, ...]]]
    residents: tuple[Resident, ...] = ()
    phase_of: dict[str, str] = field(default_factory=dict)

    def has(
        self, building: str | None = None, unit: str | None = None, room: str | None = None
    ) -> bool:
        """Whether some home fits all the parts given; parts that are None fit anything."""
        for name, units in self.buildings.items():
            if building is not None and name != building:
                continue
            if unit is None and room is None:
                return True
            for unit_name, rooms in units.items():
                if unit is not None and unit_name != unit:
                    continue
                if room is None or not rooms or room in rooms:
                    return True
        return False

    def homes(self, building: str | None, unit: str | None, room: str | None) -> list[Resident]:
        """Residents that fit all the parts given."""
        return [
            resident
            for resident in self.residents
            if (building is None or resident.building == building)
            and (unit is None or resident.unit in (unit, None, ""))
            and (room is None or resident.room == room)
        ]

    @cached_property
    def phone_book(self) -> PhoneBook:
        """Residents' telephone numbers."""
        return PhoneBook(resident.phone for resident in self.residents if resident.phone)

    @cached_property
    def names_by_sound(self) -> dict[str, tuple[tuple[str, tuple[str, ...]], ...]]:
        """Residents' names with their syllables, by the folded sound of the surname."""
        found: dict[str, dict[str, tuple[str, ...]]] = {}
        for resident in self.residents:
            sounds = sounds_of(resident.name)
            if len(sounds) >= 2:
                found.setdefault(sounds.folded[0], {})[resident.name] = sounds.syllables
        return {first: tuple(names.items()) for first, names in found.items()}

    def surnames(self) -> frozenset[str]:
        """First characters of residents' names."""
        return frozenset(resident.name[:1] for resident in self.residents if resident.name)
