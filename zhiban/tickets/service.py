"""Files, changes and finds tickets; SQL first, then the timeline event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from zhiban.clock import iso_ms, local_now, utc_now
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.store.models import Ticket
from zhiban.tickets.categories import Category, Status, Urgency, prefix_of
from zhiban.tickets.draft import Promise, TicketDraft, TicketIncompleteError
from zhiban.tickets.numbers import next_number
from zhiban.timeline.events import EventName
from zhiban.timeline.writer import Timeline

_TABLE = Ticket.__table__
_FIXED = frozenset({"number", "created_at", "updated_at", "history", "call_id", "filing_key"})
_UNFINISHED = (Status.DONE.value, Status.CLOSED.value, Status.WITHDRAWN.value)


class TicketService:
    """The one way to write tickets.

    Args:
        engine: the database.
        timeline: where ``ticket.filed`` and ``ticket.updated`` go.
    """

    def __init__(self, engine: AsyncEngine, timeline: Timeline) -> None:
        self._engine = engine
        self._timeline = timeline

    async def file(
        self, draft: TicketDraft, *, by: str, allow_incomplete: bool = False
    ) -> dict[str, Any]:
        """Store a new ticket and return it as the contract writes it.

        Filing twice with one ``filing_key``, from whichever process, returns the first ticket.

        Args:
            draft: what is known.
            by: who files it (``bot``, an agent's id).
            allow_incomplete: keep it with status ``incomplete`` rather than refuse, when the
                caller is gone and what they said must not be lost.

        Raises:
            TicketIncompleteError: required fields are empty and ``allow_incomplete`` is false.
        """
        missing = draft.missing()
        if missing and not allow_incomplete:
            raise TicketIncompleteError(missing)
        status = Status.INCOMPLETE if missing else Status.OPEN
        now = iso_ms(utc_now())
        values = asdict(draft)
        values |= {
            "category": draft.category.value,
            "urgency": draft.urgency.value,
            "special_flags": list(draft.special_flags),
            "verbatim": list(draft.verbatim),
            "details": dict(draft.details),
            "promises": [promise.to_dict() for promise in draft.promises],
            "filing_key": draft.filing_key or None,
            "satisfaction": "",
            "surveyed_at": None,
            "status": status.value,
            "created_at": now,
            "updated_at": now,
        }
        known = await self.of_key(draft.filing_key)
        if known is not None:
            return known
        try:
            async with self._engine.begin() as connection:
                number = await next_number(
                    connection, prefix_of(draft.category), local_now().date()
                )
                values |= {
                    "number": number,
                    "history": [{"at": now, "by": by, "what": "filed", "changes": {}}],
                }
                await connection.execute(insert(Ticket).values(**values))
        except IntegrityError:
            # Another process filed it in the same moment; the number was given back.
            known = await self.of_key(draft.filing_key)
            if known is None:
                raise
            return known
        if draft.call_id:
            await self._timeline.append(draft.call_id, EventName.TICKET_FILED, values)
        return values

    async def change(
        self, number: str, changes: Mapping[str, Any], *, by: str, what: str = "updated"
    ) -> dict[str, Any]:
        """Change fields, keep the old values in the history, and return the ticket.

        A ticket that was incomplete becomes open once its required fields are there.

        Raises:
            ZhibanError: TICKET_UNKNOWN, or BAD_MESSAGE for a field that cannot be changed.
        """
        return await self.amend(number, lambda _: changes, by=by, what=what)

    async def amend(
        self,
        number: str,
        change: Callable[[Mapping[str, Any]], Mapping[str, Any]],
        *,
        by: str,
        what: str = "updated",
    ) -> dict[str, Any]:
        """Change fields depending on what they hold, in one transaction.

        Desk and bot add to the same lists and details; whoever comes second adds to what the
        first has stored.

        Args:
            number: which ticket.
            change: gets the ticket as it stands and returns the new values.
            by: who changes it.
            what: for the history.

        Raises:
            ZhibanError: TICKET_UNKNOWN, or BAD_MESSAGE for a field that cannot be changed.
        """
        async with self._engine.begin() as connection:
            ticket = await _load(connection, number, lock=True)
            changes = change(ticket)
            _check_fields(changes)
            changed = {k: v for k, v in changes.items() if ticket[k] != v}
            if not changed:
                return ticket
            after = ticket | changed
            if after["status"] == Status.INCOMPLETE and not _draft_of(after).missing():
                changed["status"] = Status.OPEN.value
            now = iso_ms(utc_now())
            before = {k: ticket[k] for k in changed}
            entry = {"at": now, "by": by, "what": what, "changes": changed, "before": before}
            stored = changed | {"updated_at": now, "history": [*ticket["history"], entry]}
            await connection.execute(update(Ticket).where(Ticket.number == number).values(**stored))
            ticket |= stored
        if ticket["call_id"]:
            await self._timeline.append(
                ticket["call_id"],
                EventName.TICKET_UPDATED,
                {"number": number, "by": by, "what": what, "changes": changed},
            )
        return ticket

    async def promise(
        self, number: str, promise: Promise, *, by: str, what: str = "promised"
    ) -> dict[str, Any]:
        """Add a promise, unless the same one is still to be kept.

        Raises:
            ZhibanError: TICKET_UNKNOWN.
        """

        def add(ticket: Mapping[str, Any]) -> Mapping[str, Any]:
            given = ticket["promises"]
            if any(old["what"] == promise.what and not old.get("kept_at") for old in given):
                return {}
            return {"promises": [*given, promise.to_dict()]}

        return await self.amend(number, add, by=by, what=what)

    async def get(self, number: str) -> dict[str, Any]:
        """Return one ticket.

        Raises:
            ZhibanError: TICKET_UNKNOWN.
        """
        async with self._engine.connect() as connection:
            return await _load(connection, number)

    async def of_key(self, filing_key: str) -> dict[str, Any] | None:
        """Return the ticket filed with the key, if any."""
        if not filing_key:
            return None
        async with self._engine.connect() as connection:
            found = await connection.execute(select(_TABLE).where(Ticket.filing_key == filing_key))
            row = found.mappings().first()
        return dict(row) if row is not None else None

    async def open_of_phone(self, phone: str) -> list[dict[str, Any]]:
        """Return the unfinished tickets of a calling number, newest first (DLG-033)."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                select(_TABLE)
                .where(Ticket.phone == phone, Ticket.status.not_in(_UNFINISHED))
                .order_by(Ticket.created_at.desc())
            )
            return [dict(row) for row in rows.mappings()]

    async def of_call(self, call_id: str) -> list[dict[str, Any]]:
        """Return the tickets of a call in filing order."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                select(_TABLE).where(Ticket.call_id == call_id).order_by(Ticket.created_at)
            )
            return [dict(row) for row in rows.mappings()]


def _check_fields(changes: Mapping[str, Any]) -> None:
    unknown = [k for k in changes if k in _FIXED or k not in _TABLE.columns]
    if unknown:
        raise ZhibanError(
            f"工单没有可改的字段 / no such ticket field: {', '.join(sorted(unknown))}",
            code=ErrorCode.BAD_MESSAGE,
        )


async def _load(connection: AsyncConnection, number: str, *, lock: bool = False) -> dict[str, Any]:
    if lock:
        # Writing first takes the lock on every database; SQLite ignores SELECT … FOR UPDATE.
        await connection.execute(
            update(Ticket).where(Ticket.number == number).values(updated_at=Ticket.updated_at)
        )
    found = await connection.execute(select(_TABLE).where(Ticket.number == number))
    row = found.mappings().first()
    if row is None:
        raise ZhibanError(f"没有工单 {number} / no such ticket", code=ErrorCode.TICKET_UNKNOWN)
    return dict(row)


def _draft_of(ticket: Mapping[str, Any]) -> TicketDraft:
    return TicketDraft(
        category=Category(ticket["category"]),
        urgency=Urgency(ticket["urgency"]),
        **{
            name: ticket[name]
            for name in ("problem", "caller_name", "phone", "building", "unit", "room")
        },
    )
