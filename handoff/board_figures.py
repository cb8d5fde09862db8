"""Today's figures for the leaders' board, counted from the record (day by the site's clock)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from statistics import mean, median
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from handoff.times import parse
from zhiban.clock import CHINA, iso_ms, utc_now
from zhiban.handoffs import HandoffState
from zhiban.store.models import CallEvent, CallRecord, Handoff, Ticket
from zhiban.tickets.satisfaction import POINTS, Grade
from zhiban.timeline import EventName

_KEEP_SECONDS = 3.0
_TELLING = (EventName.HANDOFF_REQUESTED, EventName.HANDOFF_ACCEPTED, EventName.HANDOFF_FAILED)


@dataclass(frozen=True)
class DayFigures:
    """How the day has gone so far.

    Attributes:
        emergencies: requests for a person of the highest priority.
        answered: requests that an agent accepted at least once.
        median_wait_seconds: from request to first acceptance; None while nobody was answered.
        abandoned: callers who left before anybody accepted.
        surveyed: owners who gave a grade.
        satisfaction: their average on the five-point scale (KPI-004); None while there is none.
    """

    calls: int = 0
    emergencies: int = 0
    handoffs: int = 0
    answered: int = 0
    median_wait_seconds: float | None = None
    abandoned: int = 0
    surveyed: int = 0
    satisfaction: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return JSON types."""
        return asdict(self)


@dataclass(frozen=True)
class Moment:
    """One event of a handoff, as far as the figures need it."""

    handoff_id: str
    name: str
    state: str
    at: str


class BoardFigures:
    """Counts the day; the answer is kept for a few seconds, however many boards are open.

    Args:
        engine: the database.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._counted_at: datetime | None = None
        self._figures = DayFigures()

    async def today(self) -> DayFigures:
        """Return the figures since midnight at the site."""
        now = utc_now()
        if self._counted_at is None or (now - self._counted_at).total_seconds() > _KEEP_SECONDS:
            self._figures = await self._count(start_of_day(now))
            self._counted_at = now
        return self._figures

    async def _count(self, since: str) -> DayFigures:
        async with self._engine.connect() as connection:
            calls = await connection.scalar(
                select(func.count()).select_from(CallRecord).where(CallRecord.started_at >= since)
            )
            priorities = await connection.execute(
                select(Handoff.priority).where(Handoff.created_at >= since)
            )
            events = await connection.execute(
                select(CallEvent.at, CallEvent.name, CallEvent.data)
                .where(CallEvent.at >= since, CallEvent.name.in_([n.value for n in _TELLING]))
                .order_by(CallEvent.at)
            )
            graded = await connection.execute(
                select(Ticket.satisfaction).where(
                    Ticket.surveyed_at >= since, Ticket.satisfaction != ""
                )
            )
            points = [POINTS[Grade(row.satisfaction)] for row in graded]
            moments = [_moment(row.at, row.name, row.data) for row in events]
            wanted = [row.priority for row in priorities]
        waits, abandoned = waits_of(moments)
        return DayFigures(
            calls=calls or 0,
            emergencies=wanted.count(0),
            handoffs=len(wanted),
            answered=len(waits),
            median_wait_seconds=round(median(waits), 1) if waits else None,
            abandoned=abandoned,
            surveyed=len(points),
            satisfaction=round(mean(points), 2) if points else None,
        )


def start_of_day(now: datetime) -> str:
    """Return midnight at the site as records write times."""
    local = now.astimezone(CHINA)
    return iso_ms(local.replace(hour=0, minute=0, second=0, microsecond=0))


def waits_of(moments: Iterable[Moment]) -> tuple[list[float], int]:
    """Return how long each answered caller waited, in seconds, and how many left unanswered.

    Args:
        moments: events of handoffs, oldest first; those asked for before are not counted.
    """
    asked: dict[str, str] = {}
    waits: dict[str, float] = {}
    left: set[str] = set()
    for moment in moments:
        which = moment.handoff_id
        if moment.name == EventName.HANDOFF_REQUESTED:
            asked.setdefault(which, moment.at)
        elif which not in asked:
            continue
        elif moment.name == EventName.HANDOFF_ACCEPTED and which not in waits:
            waits[which] = (parse(moment.at) - parse(asked[which])).total_seconds()
        elif moment.state == HandoffState.CALLER_LEFT and which not in waits:
            left.add(which)
    return list(waits.values()), len(left - waits.keys())


def _moment(at: str, name: str, data: Mapping[str, Any]) -> Moment:
    return Moment(str(data.get("handoff_id", "")), name, str(data.get("state", "")), at)
