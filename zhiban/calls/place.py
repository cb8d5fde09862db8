"""Where it is: what was said, completed by the calling number's home."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.language.address import AddressReading
from zhiban.community import ResidentRecord

PLACE_FIELDS = ("building", "unit", "room")


def place_of(reading: AddressReading | None, resident: ResidentRecord | None) -> dict[str, Any]:
    """Return where it is: what was said, completed by the calling number's home, unconfirmed."""
    where: dict[str, Any] = dict.fromkeys(PLACE_FIELDS, "") | {"unconfirmed": []}
    if reading is not None:
        for name in PLACE_FIELDS:
            where[name] = str(getattr(reading, name) or "")
        if reading.repaired:
            where["unconfirmed"] = [name for name in PLACE_FIELDS if where[name]]
    if resident is not None and not where["building"]:
        for name in PLACE_FIELDS:
            where[name] = getattr(resident, name)
        where["unconfirmed"] = [name for name in PLACE_FIELDS if where[name]]
    return where


def describe_place(where: Mapping[str, Any]) -> str:
    """Return the place as people read it: ``5栋2单元1001``."""
    parts = [
        f"{where['building']}栋" if where.get("building") else "",
        f"{where['unit']}单元" if where.get("unit") else "",
        str(where.get("room") or ""),
    ]
    return "".join(parts)
