"""Tickets written by several processes in the same moment: filed once, nothing overwritten."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select

from tests.support.stores import Stores
from zhiban.settings import ROOT
from zhiban.store import open_engine
from zhiban.store.models import Ticket
from zhiban.tickets import Category, Promise, TicketDraft, TicketService, Urgency
from zhiban.timeline import Timeline

_FILE = """
import asyncio, sys
from pathlib import Path
from zhiban.redis_client import open_redis
from zhiban.store import open_engine
from zhiban.tickets import Category, TicketDraft, TicketService
from zhiban.timeline import Timeline

async def main():
    database, redis_url, key = sys.argv[1:]
    redis, engine = open_redis(redis_url), open_engine(database)
    tickets = TicketService(engine, Timeline(redis, Path("unused.jsonl")))
    draft = TicketDraft(Category.EMERGENCY, "电梯困人", call_id="c1", filing_key=key)
    sys.stdin.readline()
    print((await tickets.file(draft, by="bot"))["number"])
    await redis.aclose()
    await engine.dispose()

asyncio.run(main())
"""


def _cry(key: str) -> TicketDraft:
    return TicketDraft(
        Category.EMERGENCY,
        "电梯困人",
        urgency=Urgency.EMERGENCY,
        call_id="c1",
        filing_key=key,
        details={"kind": "elevator_trapped"},
    )


async def _count(stores: Stores) -> int:
    async with stores.engine.connect() as connection:
        return int(await connection.scalar(select(func.count()).select_from(Ticket)) or 0)


async def test_filing_twice_returns_the_first_ticket(stores: Stores) -> None:
    first = await stores.tickets.file(_cry("emergency:c1:1"), by="bot")
    again = await stores.tickets.file(_cry("emergency:c1:1"), by="bot")
    other = await stores.tickets.file(_cry("emergency:c1:2"), by="bot")
    assert again["number"] == first["number"]
    assert other["number"] != first["number"]
    assert await _count(stores) == 2


async def test_no_key_means_no_bond_between_tickets(stores: Stores) -> None:
    numbers = {(await stores.tickets.file(_cry(""), by="bot"))["number"] for _ in range(3)}
    assert len(numbers) == 3


async def test_one_ticket_however_many_file_it_at_once(stores: Stores) -> None:
    filed = await asyncio.gather(
        *[stores.tickets.file(_cry("emergency:c1:1"), by="bot") for _ in range(12)]
    )
    assert len({ticket["number"] for ticket in filed}) == 1
    assert await _count(stores) == 1
    # The numbers that were taken in vain were given back.
    assert (await stores.tickets.file(_cry(""), by="bot"))["number"].endswith("002")


async def test_processes_that_file_the_same_emergency_get_one_ticket(
    stores: Stores, redis_url: str
) -> None:
    database = f"sqlite+aiosqlite:///{stores.folder / 'zhiban.db'}"
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            _FILE,
            database,
            redis_url,
            "emergency:c1:1",
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        for _ in range(3)
    ]
    answers = await asyncio.gather(*[process.communicate(b"go\n") for process in processes])
    numbers = {out.decode().strip() for out, _ in answers}
    assert len(numbers) == 1
    assert numbers != {""}
    assert await _count(stores) == 1


async def test_desk_and_bot_add_to_one_tickets_details_at_once(
    stores: Stores, redis_url: str
) -> None:
    """Each side has its own service and connection pool, as each process has."""
    number = (await stores.tickets.file(_cry("k"), by="bot"))["number"]
    engine = open_engine(f"sqlite+aiosqlite:///{stores.folder / 'zhiban.db'}")
    desk = TicketService(engine, Timeline(stores.redis, stores.folder / "desk.jsonl"))

    def with_tick(key: str) -> Any:
        def tick(ticket: Mapping[str, Any]) -> Mapping[str, Any]:
            details = ticket["details"]
            return {"details": {**details, "sop": {**details.get("sop", {}), key: True}}}

        return tick

    def with_fact(key: str) -> Any:
        return lambda ticket: {"details": {**ticket["details"], key: "said"}}

    try:
        await asyncio.gather(
            *[desk.amend(number, with_tick(f"step{i}"), by="agent") for i in range(15)],
            *[stores.tickets.amend(number, with_fact(f"fact{i}"), by="bot") for i in range(15)],
        )
    finally:
        await engine.dispose()
    details = (await stores.tickets.get(number))["details"]
    assert set(details["sop"]) == {f"step{i}" for i in range(15)}
    assert {f"fact{i}" for i in range(15)} <= set(details)
    assert details["kind"] == "elevator_trapped"


async def test_promises_of_two_sides_are_both_kept_and_none_is_doubled(stores: Stores) -> None:
    number = (await stores.tickets.file(_cry("k"), by="bot"))["number"]
    due = "2026-01-01T00:00:00.000Z"
    await asyncio.gather(
        *[
            stores.tickets.promise(number, Promise(what, due), by="bot")
            for what in ("回拨业主", "人工尽快回电", "回拨业主")
        ]
    )
    promises = (await stores.tickets.get(number))["promises"]
    assert sorted(promise["what"] for promise in promises) == ["人工尽快回电", "回拨业主"]
