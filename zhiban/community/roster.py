"""The roster the language readers repair against, made from the community's data."""

from __future__ import annotations

from bot.language.roster import Resident, Roster
from zhiban.community.model import Community


def roster_of(community: Community) -> Roster:
    """Return buildings, units, rooms and residents as the readers want them."""
    return Roster(
        buildings={
            building.name: {unit.name: unit.rooms for unit in building.units}
            for building in community.buildings
        },
        residents=tuple(
            Resident(r.name, r.building, r.unit or None, r.room, r.phone)
            for r in community.residents
        ),
        phase_of={b.name: b.phase for b in community.buildings if b.phase},
    )
