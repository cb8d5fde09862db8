"""The timeline: order, archive, outage."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sqlalchemy import select

from tests.support.stores import Stores, redis_server
from zhiban import redis_keys
from zhiban.redis_client import open_redis
from zhiban.store.models import CallEvent, CallRecord
from zhiban.timeline import EventName, Timeline, TimelineArchive, follow_call, read_call


async def test_numbers_run_without_gaps_across_writers(stores: Stores) -> None:
    """Gateway, desk and actions write to one call at once."""
    other = Timeline(stores.redis, stores.folder / "other.jsonl")
    await asyncio.gather(
        *[
            timeline.append("call-1", EventName.CALLER_INTERIM, {"n": n})
            for n in range(20)
            for timeline in (stores.timeline, other)
        ]
    )
    events = await read_call("call-1", stores.redis, stores.engine)
    assert [event.seq for event in events] == list(range(1, 41))


async def test_a_follower_gets_all_from_the_beginning_and_stops_at_the_end(
    stores: Stores,
) -> None:
    """A text client that connects late still sees the whole call."""
    await stores.timeline.append("call-1", EventName.CALL_STARTED, {"caller": "1"})

    async def follow() -> list[str]:
        return [event.name async for event in follow_call("call-1", stores.redis)]

    following = asyncio.create_task(follow())
    await stores.timeline.append("call-1", EventName.DTMF, {"digit": "0"})
    await stores.timeline.append("call-1", EventName.CALL_ENDED, {"reason": "completed"})
    assert await following == ["call.started", "dtmf", "call.ended"]


async def test_the_archive_copies_each_event_once(stores: Stores) -> None:
    """Even when a process dies between commit and acknowledgement."""
    archive = TimelineArchive(stores.redis, stores.engine, "one")
    for name in (EventName.CALL_STARTED, EventName.DTMF):
        await stores.timeline.append("call-1", name, {"caller": "138", "channel": "text"})
    assert await archive.copy_pending() == 2
    # As if nothing had been acknowledged: another process reads everything again.
    await stores.redis.xgroup_destroy(redis_keys.TIMELINE, redis_keys.ARCHIVE_GROUP)
    await stores.timeline.append("call-1", EventName.CALL_ENDED, {"reason": "completed"})
    assert await TimelineArchive(stores.redis, stores.engine, "two").copy_pending() == 3
    async with stores.engine.connect() as connection:
        rows = (await connection.execute(select(CallEvent.seq, CallEvent.name))).all()
        record = (await connection.execute(select(CallRecord))).one()
    assert sorted(rows) == [(1, "call.started"), (2, "dtmf"), (3, "call.ended")]
    assert (record.channel, record.end_reason) == ("text", "completed")


async def test_a_call_can_be_read_when_redis_has_forgotten_it(stores: Stores) -> None:
    """The SQL record is enough."""
    await stores.timeline.append("call-1", EventName.CALL_STARTED, {"caller": "138"})
    await TimelineArchive(stores.redis, stores.engine, "one").copy_pending()
    await stores.redis.flushall()
    events = await read_call("call-1", stores.redis, stores.engine)
    assert [(event.seq, event.name) for event in events] == [(1, "call.started")]


async def test_events_of_an_outage_are_spooled_and_replayed_in_order(tmp_path: Path) -> None:
    """Redis away: nothing raises, nothing is lost."""
    with redis_server(tmp_path) as url:
        redis = open_redis(url)
        await redis.ping()
    timeline = Timeline(redis, tmp_path / "spool.jsonl")
    for digit in "123":
        event = await timeline.append("call-1", EventName.DTMF, {"digit": digit})
        assert event.seq == 0
    await redis.aclose()
    with redis_server(tmp_path) as url:
        again = open_redis(url)
        revived = Timeline(again, tmp_path / "spool.jsonl")
        assert await revived.replay() == 3
        assert await revived.replay() == 0
        entries = await again.xrange(redis_keys.call_events("call-1"))
        assert [fields["seq"] for _, fields in entries] == ["1", "2", "3"]
        assert '"3"' in entries[-1][1]["data"]
        await again.aclose()


async def test_any_process_brings_in_its_own_spool_with_the_next_event(
    stores: Stores, tmp_path: Path
) -> None:
    """Desk and actions have no upkeep task; a file left by a crash in a replay counts too."""
    line = (
        '{"call_id": "call-1", "seq": 0, "at": "2026-01-01T00:00:0%s.000Z",'
        ' "name": "dtmf", "data": {"digit": "%s"}}\n'
    )
    (tmp_path / "desk.replaying").write_text(line % (1, 1), encoding="utf-8")
    (tmp_path / "desk.jsonl").write_text(line % (2, 2), encoding="utf-8")
    timeline = Timeline(stores.redis, tmp_path / "desk.jsonl")
    await timeline.append("call-1", EventName.DTMF, {"digit": "3"})
    events = await read_call("call-1", stores.redis, stores.engine)
    assert [event.data["digit"] for event in events] == ["3", "1", "2"]
    assert list(tmp_path.glob("desk.*")) == []
