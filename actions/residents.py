"""Identity checks and a household's tickets (SEC-001…003)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from zhiban.store.models import Resident, Ticket
from zhiban.tickets import Category, Status

_RESIDENTS = Resident.__table__
_TICKETS = Ticket.__table__
_CALLBACK = Category.CALLBACK.value
_ENDED = (Status.DONE.value, Status.CLOSED.value, Status.WITHDRAWN.value)


class Verified(StrEnum):
    """How far a caller's identity was established."""

    NO = "no"
    RESIDENT = "resident"
    BY_TICKET = "by_ticket"


@dataclass(frozen=True)
class Claim:
    """Who the caller says to be.

    Attributes:
        name: as said: ``李先生``, ``李明`` or ``李``.
        phone: as said, or the calling number.
    """

    building: str
    unit: str
    room: str
    name: str
    phone: str


class Residents:
    """Looks up the register and the tickets of a home.

    Args:
        engine: the database.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def verify(self, claim: Claim) -> Verified:
        """Return whether name, home and telephone all belong together.

        They must match one registered resident; for a home nobody is registered in, one
        earlier ticket that was taken down as a matter of its own.
        """
        if not (claim.name and claim.phone and claim.room and claim.building):
            return Verified.NO
        async with self._engine.connect() as connection:
            residents = (
                (await connection.execute(select(_RESIDENTS).where(_home(_RESIDENTS, claim))))
                .mappings()
                .all()
            )
            if residents:
                known = any(_same(row["name"], row["phone"], claim) for row in residents)
                return Verified.RESIDENT if known else Verified.NO
            tickets = (
                (await connection.execute(select(_TICKETS).where(_home(_TICKETS, claim))))
                .mappings()
                .all()
            )
        known = any(
            row["category"] != _CALLBACK and _same(row["caller_name"], row["phone"], claim)
            for row in tickets
        )
        return Verified.BY_TICKET if known else Verified.NO

    async def open_tickets(self, claim: Claim, verified: Verified) -> list[Mapping[str, Any]]:
        """Return the unfinished tickets of the verified caller, newest first.

        A resident hears of everything at home; who is known by a ticket only of those that
        were filed with the same number, or anybody could claim a home by filing one for it.
        """
        if verified is Verified.NO:
            return []
        mine = _TICKETS.c.phone == claim.phone
        home = _home(_TICKETS, claim)
        whose = or_(mine, home) if verified is Verified.RESIDENT else and_(mine, home)
        statement = (
            select(_TICKETS)
            .where(whose, _TICKETS.c.status.not_in(_ENDED))
            .order_by(_TICKETS.c.created_at.desc())
        )
        async with self._engine.connect() as connection:
            rows = (await connection.execute(statement)).mappings().all()
        return [dict(row) for row in rows if row["category"] != _CALLBACK]


def _home(table: Any, claim: Claim) -> Any:
    conditions = [table.c.building == claim.building, table.c.room == claim.room]
    if claim.unit:
        conditions.append(table.c.unit == claim.unit)
    return and_(*conditions)


def _same(name: str, phone: str, claim: Claim) -> bool:
    """Surname, or the whole name when it was said, and the number."""
    if not name or phone != claim.phone or name[0] != claim.name[0]:
        return False
    titled = claim.name[1:] in ("", "先生", "女士", "小姐", "太太", "老师", "师傅", "阿姨", "大爷")
    return titled or name.startswith(claim.name) or claim.name.startswith(name)
