"""A world for the model test: processes that die in the middle of a step, and a clock to turn."""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from bot.language.emergency import EmergencySpotter
from handoff.casework import Casework
from handoff.clock import ClockRules, EscalationClock
from handoff.desk import Desk, DeskStores
from handoff.last_resort import LastResort
from handoff.presence import PresenceBook
from handoff.sop import SopBook
from zhiban import redis_keys
from zhiban.calls.settle import CallSettler
from zhiban.clock import utc_now
from zhiban.community import Community
from zhiban.handoffs import HandoffLedger
from zhiban.redis_client import RedisClient, open_redis
from zhiban.store import open_engine
from zhiban.store.models import Handoff
from zhiban.tickets import TicketService
from zhiban.timeline import Timeline

T = TypeVar("T")
NODE = "http://127.0.0.1:8080"
RULES = ClockRules(join_seconds=8, pause_seconds=5)


class ProcessKilledError(BaseException):
    """The process is dead: nothing of it runs any more, no handler of its either."""


@dataclass
class Fuse:
    """Ends a process before one of its next operations on a store."""

    left: int | None = None
    dead: bool = False
    died: bool = False

    @contextmanager
    def burning(self, operations: int | None) -> Iterator[None]:
        """Die before the operation after so many, if the block comes so far; None: no change."""
        if operations is None:
            yield
            return
        self.left = operations
        yield
        self.left = None

    def burn(self) -> None:
        if self.left is not None and not self.dead:
            self.left -= 1
            self.dead = self.died = self.left < 0
        if self.dead:
            raise ProcessKilledError


@dataclass
class House:
    """What outlives processes: stores, site data, the time, and whether the database answers."""

    redis_url: str
    folder: Path
    community: Community
    sop: SopBook
    spotter: EmergencySpotter
    now: datetime = field(default_factory=lambda: utc_now().replace(microsecond=0))
    database_down: bool = False
    started: int = 0

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        shutil.copy(self.folder.parent / "empty.db", self.folder / "zhiban.db")

    def time(self) -> datetime:
        return self.now

    def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def start(self) -> Process:
        self.started += 1
        return Process(self, f"p{self.started}")


class Process:
    """One process: everything it holds in memory, over the real stores."""

    def __init__(self, house: House, name: str) -> None:
        self.house, self.fuse = house, Fuse()
        self.redis = self._fused_redis()
        self.engine = open_engine(f"sqlite+aiosqlite:///{house.folder / 'zhiban.db'}")
        event.listen(self.engine.sync_engine, "before_cursor_execute", self._before_sql)
        event.listen(self.engine.sync_engine, "commit", lambda _: self.fuse.burn())
        timeline = Timeline(self.redis, house.folder / f"{name}.jsonl")
        tickets = TicketService(self.engine, timeline)
        ledger = HandoffLedger(self.redis, self.engine, timeline, house.time)
        self.presence = PresenceBook(self.redis, house.time)
        self.stores = DeskStores(
            self.redis,
            self.engine,
            timeline,
            house.community,
            ledger,
            tickets,
            self.presence,
            house.sop,
        )
        self.desk = Desk(self.stores)
        self.casework = Casework(self.stores, self.desk)
        self.settler = CallSettler(self.stores, house.spotter)
        last_resort = LastResort(self.redis, tickets, house.community)
        self.clock = EscalationClock(self.stores, self.presence, last_resort, RULES, house.time)

    async def close(self) -> None:
        self.fuse.left, self.fuse.dead = None, False
        await self.redis.aclose()
        await self.engine.dispose()

    def _fused_redis(self) -> RedisClient:
        client = open_redis(self.house.redis_url)
        client.execute_command = self._fused(client.execute_command)
        open_pipeline = client.pipeline

        def pipeline(**options: Any) -> Any:
            opened = open_pipeline(**options)
            opened.execute = self._fused(opened.execute)
            return opened

        client.pipeline = pipeline
        return client

    def _fused(self, act: Callable[..., Awaitable[T]]) -> Callable[..., Awaitable[T]]:
        async def fused(*args: Any, **options: Any) -> T:
            self.fuse.burn()
            return await act(*args, **options)

        return fused

    def _before_sql(self, *_: Any) -> None:
        self.fuse.burn()
        if self.house.database_down:
            raise OperationalError("select", {}, Exception("database is down"))


async def stored(process: Process) -> dict[str, tuple[dict[str, str], Any]]:
    """Return every handoff as Redis has it and as SQL has it."""
    found: dict[str, tuple[dict[str, str], Any]] = {}
    rows: dict[str, Any] = {}
    try:
        async with process.engine.connect() as connection:
            rows = {row.id: row for row in await connection.execute(select(Handoff.__table__))}
    except SQLAlchemyError:
        pass
    ids = set(rows)
    async for key in process.redis.scan_iter(match=redis_keys.handoff("*").replace("{*}", "{*")):
        if key.endswith("}"):
            ids.add(key.rsplit("{", 1)[1][:-1])
    for handoff_id in sorted(ids):
        fields = await process.redis.hgetall(redis_keys.handoff(handoff_id))
        found[handoff_id] = fields, rows.get(handoff_id)
    return found
