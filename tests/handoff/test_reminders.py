"""Feedback timers: set by an emergency, told when due, done by a person, over with the ticket."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from handoff.desk import DeskStores
from handoff.presence import PresenceBook
from handoff.reminders import ReminderBook
from handoff.sop import load_sop
from handoff.timekeeper import Timekeeper
from tests.handoff.conftest import StartDesk, write_site
from tests.handoff.support import Agent, ask_for_person, events_of, wait_for_event
from tests.support.stores import Stores
from zhiban.community import load_community
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.handoffs import HandoffReason, HandoffState
from zhiban.timeline import EventName

SECOND = 1 / 60


def _site(folder: Path, **timer: object) -> Path:
    """Write a site whose lift timer runs in seconds."""
    site = write_site(folder)
    path = site / "sop.yml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    feedback = {
        "key": "feedback",
        "label": "向被困人反馈救援进展",
        "first_minutes": 0.5 * SECOND,
        "every_minutes": 10,
        **timer,
    }
    content["kinds"]["elevator_trapped"]["reminders"] = [feedback]
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return site


def _keeper(stores: Stores, site: Path, *, leads: bool = True) -> Timekeeper:
    desk_stores = DeskStores(
        stores.redis,
        stores.engine,
        stores.timeline,
        load_community(site),
        stores.ledger,
        stores.tickets,
        PresenceBook(stores.redis),
        load_sop(site),
    )
    return Timekeeper(desk_stores, lambda: leads)


async def _due(stores: Stores, keeper: Timekeeper, call_id: str) -> dict[str, Any]:
    async with asyncio.timeout(10):
        while not (told := await events_of(stores, call_id, EventName.REMINDER_DUE)):
            await keeper.look()
            await asyncio.sleep(0.05)
    return told[-1]


class Someone:
    """Who marks reminders in these tests."""

    id, name = "agent", "王晓"


async def test_emergency_sets_the_timers_of_its_kind_once(stores: Stores, tmp_path: Path) -> None:
    record = await ask_for_person(stores, "c1")
    await ask_for_person(stores, "c2", kind="human", priority=1)
    keepers = [_keeper(stores, _site(tmp_path)) for _ in range(3)]
    await asyncio.gather(*[keeper.look() for keeper in keepers])
    (reminder,) = await ReminderBook(stores.engine).open()
    assert (reminder.ticket_number, reminder.kind) == (record.ticket_number, "elevator_trapped")


async def test_due_is_told_once_whoever_leads(stores: Stores, tmp_path: Path) -> None:
    await ask_for_person(stores, "c1")
    site = _site(tmp_path)
    keepers = [_keeper(stores, site) for _ in range(3)]
    told = await _due(stores, keepers[0], "c1")
    assert told["label"] == "向被困人反馈救援进展"
    await asyncio.gather(*[keeper.look() for keeper in keepers])
    assert len(await events_of(stores, "c1", EventName.REMINDER_DUE)) == 1


async def test_done_is_written_with_person_and_time_and_comes_back(
    stores: Stores, tmp_path: Path
) -> None:
    """EMG-013: every ten minutes, also after hang-up."""
    record = await ask_for_person(stores, "c1")
    keeper = _keeper(stores, _site(tmp_path, every_minutes=SECOND))
    told = await _due(stores, keeper, "c1")
    await stores.timeline.append("c1", EventName.CALL_ENDED, {"reason": "caller_hung_up"})
    await keeper.done(told["reminder_id"], Someone(), "维保还有五分钟到")  # type: ignore[arg-type]
    (reminder,) = await ReminderBook(stores.engine).open()
    (line,) = reminder.done
    assert (line["by"], line["name"], line["note"]) == ("agent", "王晓", "维保还有五分钟到")
    assert reminder.due_at > told["due_at"]
    ticket = await stores.tickets.get(record.ticket_number)
    assert ticket["details"]["feedback"][0]["by"] == "agent"
    assert (await wait_for_event(stores, "c1", EventName.REMINDER_DONE))["note"] == line["note"]
    async with asyncio.timeout(10):
        while len(await events_of(stores, "c1", EventName.REMINDER_DUE)) < 2:
            await keeper.look()
            await asyncio.sleep(0.05)


async def test_two_who_press_done_at_once_write_one_line(stores: Stores, tmp_path: Path) -> None:
    await ask_for_person(stores, "c1")
    keeper = _keeper(stores, _site(tmp_path))
    told = await _due(stores, keeper, "c1")
    pressed = await asyncio.gather(
        *[keeper.done(told["reminder_id"], Someone(), "") for _ in range(2)],  # type: ignore[arg-type]
        return_exceptions=True,
    )
    refused = [answer for answer in pressed if isinstance(answer, ZhibanError)]
    assert [error.code for error in refused] == [ErrorCode.HANDOFF_CONFLICT]
    (reminder,) = await ReminderBook(stores.engine).open()
    assert len(reminder.done) == 1


@pytest.mark.parametrize(
    ("until", "changes"),
    [
        ("closed", {"status": "closed"}),
        ("closed", {"status": "done"}),
        ("outcome", {"details": {"outcomes": [{"outcome": "dispatched"}]}}),
        ("health_checked", {"details": {"sop": {"health_checked": {"by": "agent"}}}}),
    ],
)
async def test_it_is_over_when_its_end_has_come(
    stores: Stores, tmp_path: Path, until: str, changes: dict[str, Any]
) -> None:
    record = await ask_for_person(stores, "c1")
    keeper = _keeper(stores, _site(tmp_path, until=until))
    await keeper.look()
    assert len(await ReminderBook(stores.engine).open()) == 1
    await stores.tickets.change(record.ticket_number, changes, by="agent")
    await keeper.look()
    assert await ReminderBook(stores.engine).open() == []
    await keeper.look()
    assert await ReminderBook(stores.engine).open() == []


async def test_it_runs_on_after_the_case_is_closed(stores: Stores, tmp_path: Path) -> None:
    record = await ask_for_person(stores, "c1")
    keeper = _keeper(stores, _site(tmp_path))
    await keeper.look()
    for before, after in (
        (HandoffState.REQUESTED, HandoffState.CALLER_LEFT),
        (HandoffState.CALLER_LEFT, HandoffState.CLOSED),
    ):
        await stores.ledger.move(
            record.id, before, after, HandoffReason.CALLER_HUNG_UP, by="caller"
        )
    assert (await _due(stores, keeper, "c1"))["ticket_number"] == record.ticket_number


async def test_wrong_site_data_is_refused_with_its_field(tmp_path: Path) -> None:
    with pytest.raises(ZhibanError, match="until: no_such_step"):
        load_sop(_site(tmp_path, until="no_such_step"))


class Desk:
    """The reminders a page was told of."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self.list: list[dict[str, Any]] = []

    async def until(self, condition: Any) -> None:
        headers = {"Origin": self.agent.base}
        async with (
            self.agent.http.ws_connect(f"{self.agent.base}/ws", headers=headers) as socket,
            asyncio.timeout(15),
        ):
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    content = json.loads(message.data)
                    if content["type"] == "reminders":
                        self.list = content["reminders"]
                        if condition(self.list):
                            return


async def test_pages_are_told_and_one_press_sets_the_next_time(
    stores: Stores, start_desk: StartDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The owner and the leader see it; another agent does not."""
    site = _site(tmp_path / "own")
    monkeypatch.setattr("handoff.app.load_sop", lambda _folder: load_sop(site))
    desk = await start_desk()
    owner, other, leader = [await desk.sign_in(who) for who in ("agent", "agent2", "leader")]
    await owner.sit_down()
    record = await ask_for_person(stores, "c1")
    await owner.rung()
    await owner.act(record.id, "accept")
    page, leaders = Desk(owner), Desk(leader)
    await page.until(lambda items: any(one["overdue"] for one in items))
    await leaders.until(lambda items: len(items) == 1)
    one = page.list[0]
    assert (one["ticket_number"], one["kind"]) == (record.ticket_number, "elevator_trapped")
    url = f"{desk.url}/api/reminders/{one['id']}/done"
    async with owner.http.post(url, json={"note": "已告知"}) as without_token:
        assert without_token.status == 403
    async with owner.http.post(
        url, json={"note": "已告知"}, headers={"X-CSRF-Token": owner.csrf}
    ) as answer:
        assert answer.status == 200
    await page.until(lambda items: bool(items) and not items[0]["overdue"])
    assert page.list[0]["due_at"] > one["due_at"]
    others = Desk(other)
    await others.until(lambda items: items == [])
