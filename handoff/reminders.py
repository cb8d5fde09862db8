"""Tasks that come back: set for every emergency, told when they fall due, done by a person.

The database holds them, so they run on after hang-up, after a restart, and until the ticket is
finished; the desk process that runs the clock looks after them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from handoff.sop import Timer
from handoff.times import iso_after, parse
from zhiban.clock import iso_ms, utc_now
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.handoffs import HandoffRecord
from zhiban.store.models import Handoff
from zhiban.store.models import Reminder as ReminderRow

_TABLE = ReminderRow.__table__


@dataclass(frozen=True)
class Reminder:
    """A task with its next time.

    Attributes:
        due_at: when it is to be done next, UTC ISO 8601.
        told_at: the ``due_at`` that was told last, or ``""``.
        over_at: when it ended for good, or ``""``.
        done: each time it was done: at, by, name, note.
        owner: agent who has the case, or ``""``.
    """

    id: str
    ticket_number: str
    handoff_id: str
    call_id: str
    kind: str
    key: str
    label: str
    due_at: str
    told_at: str
    over_at: str
    done: tuple[Mapping[str, Any], ...]
    created_at: str
    owner: str = ""

    @property
    def is_due(self) -> bool:
        """Whether its time has come."""
        return parse(self.due_at) <= utc_now()

    def view(self) -> dict[str, Any]:
        """Return it as pages get it."""
        names = ("id", "handoff_id", "ticket_number", "kind", "label", "due_at")
        return {name: getattr(self, name) for name in names} | {"overdue": self.is_due}


class ReminderBook:
    """Reads and writes reminders.

    Args:
        engine: the database.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def open(self) -> list[Reminder]:
        """Return those that are not over, next first, with who has the case now."""
        query = (
            select(_TABLE, Handoff.agent_id)
            .outerjoin(Handoff, Handoff.id == ReminderRow.handoff_id)
            .where(ReminderRow.over_at == "")
            .order_by(ReminderRow.due_at)
        )
        async with self._engine.connect() as connection:
            return [_read(row) for row in await connection.execute(query)]

    async def get(self, reminder_id: str) -> Reminder:
        """Return one.

        Raises:
            ZhibanError: BAD_MESSAGE for an unknown one.
        """
        query = (
            select(_TABLE, Handoff.agent_id)
            .outerjoin(Handoff, Handoff.id == ReminderRow.handoff_id)
            .where(ReminderRow.id == reminder_id)
        )
        async with self._engine.connect() as connection:
            row = (await connection.execute(query)).first()
        if row is None:
            raise ZhibanError("没有这条提醒 / no such reminder", code=ErrorCode.BAD_MESSAGE)
        return _read(row)

    async def known(self, ticket_numbers: Sequence[str]) -> set[str]:
        """Return the ids of all reminders of these tickets, over or not."""
        query = select(ReminderRow.id).where(ReminderRow.ticket_number.in_(ticket_numbers))
        async with self._engine.connect() as connection:
            return set((await connection.execute(query)).scalars())

    async def set(self, record: HandoffRecord, timer: Timer) -> bool:
        """Begin a case's timer; False when another process has."""
        begun = parse(record.created_at)
        try:
            async with self._engine.begin() as connection:
                await connection.execute(
                    insert(ReminderRow).values(
                        id=reminder_id(record.ticket_number, timer.key),
                        ticket_number=record.ticket_number,
                        handoff_id=record.id,
                        call_id=record.call_id,
                        kind=record.kind,
                        key=timer.key,
                        label=timer.label,
                        due_at=iso_after(begun, timer.first_minutes * 60),
                        told_at="",
                        over_at="",
                        done=[],
                        created_at=iso_ms(utc_now()),
                    )
                )
        except IntegrityError:
            return False
        return True

    async def told(self, reminder: Reminder) -> bool:
        """Note that people were told of this time; False when it is noted already."""
        return await self._change(
            reminder, {"told_at": reminder.due_at}, ReminderRow.told_at != reminder.due_at
        )

    async def done(
        self, reminder: Reminder, by: str, name: str, note: str, timer: Timer | None
    ) -> bool:
        """Note who did it and when, and set the next time; False when it was just done.

        Args:
            reminder: as it was shown to the person.
            by: their id.
            name: their name.
            note: what they told the caller.
            timer: how it goes on; None ends it.
        """
        now = utc_now()
        line = {"at": iso_ms(now), "by": by, "name": name, "note": note}
        goes_on = timer is not None and timer.every_minutes > 0
        again = iso_after(now, timer.every_minutes * 60) if timer and goes_on else reminder.due_at
        return await self._change(
            reminder,
            {
                "done": [*reminder.done, line],
                "due_at": again,
                "over_at": "" if goes_on else iso_ms(now),
            },
        )

    async def end(self, reminder: Reminder) -> bool:
        """End it for good."""
        return await self._change(reminder, {"over_at": iso_ms(utc_now())})

    async def _change(self, reminder: Reminder, values: Mapping[str, Any], *only: Any) -> bool:
        """Change it unless somebody else has moved it on."""
        async with self._engine.begin() as connection:
            changed = await connection.execute(
                update(ReminderRow)
                .where(
                    ReminderRow.id == reminder.id,
                    ReminderRow.due_at == reminder.due_at,
                    ReminderRow.over_at == "",
                    *only,
                )
                .values(**values)
            )
        return bool(changed.rowcount)


def reminder_id(ticket_number: str, key: str) -> str:
    """Return the id: a ticket has one timer of a key, however many calls are about it."""
    return f"rm-{ticket_number}-{key}"


def _read(row: Row[Any]) -> Reminder:
    values = dict(row._mapping)
    owner = values.pop("agent_id")
    return Reminder(**values | {"done": tuple(values["done"]), "owner": str(owner or "")})
