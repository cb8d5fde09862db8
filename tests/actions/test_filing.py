"""Tickets as the bot files them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from actions.filing import draft_of, file_ticket
from actions.flow.grade import ComplaintLevel
from actions.flow.state import Facts, Flow
from actions.promises import band_due, promise_for
from actions.resources import Resources
from actions.turn import Turn
from zhiban.clock import CHINA
from zhiban.tickets import Category, TicketIncompleteError, Urgency

TURN = Turn("call-1", "厨房漏水", "leak", 0.9, (("leak", 0.9),), "", None)
LEAK = Facts(
    building="5",
    unit="2",
    room="1001",
    caller_name="李先生",
    phone="13812345678",
    place="厨房",
    problem="厨房水管漏水",
    severity="serious",
    category="leak",
)


async def test_fifty_filings_at_once_get_fifty_numbers(resources: Resources) -> None:
    draft, _ = draft_of(resources, TURN, LEAK, Flow("repair_form"))
    filed = await asyncio.gather(*(file_ticket(resources, draft) for _ in range(50)))
    numbers = {ticket["number"] for ticket in filed}
    assert len(numbers) == 50
    running = sorted(int(number[10:]) for number in numbers)
    assert running == list(range(1, 51))
    assert all(number.startswith("RP") for number in numbers)


@pytest.mark.parametrize("missing", ["caller_name", "phone", "building", "room", "problem"])
async def test_a_leak_needs_its_fields(resources: Resources, missing: str) -> None:
    draft, _ = draft_of(resources, TURN, LEAK.but(**{missing: None}), Flow("repair_form"))
    with pytest.raises(TicketIncompleteError) as caught:
        await file_ticket(resources, draft)
    assert caught.value.missing == (missing,)
    kept = await file_ticket(resources, draft, incomplete=True)
    assert kept["status"] == "incomplete"


async def test_urgency_and_promise_of_a_leak(resources: Resources) -> None:
    draft, promised = draft_of(resources, TURN, LEAK, Flow("repair_form"))
    assert draft.urgency is Urgency.URGENT
    assert draft.department == "工程部"
    assert promised.blanks["minutes"] == "十五分钟"
    slight, promised = draft_of(resources, TURN, LEAK.but(severity="slight"), Flow("repair_form"))
    assert slight.urgency is Urgency.NORMAL
    assert promised.blanks["minutes"] == "两小时"


async def test_threats_make_a_complaint_a_crisis(resources: Resources) -> None:
    noise = LEAK.but(category="complaint_noise", problem="楼上装修噪音", severity=None)
    calm, _ = draft_of(resources, TURN, noise, Flow("complaint_form"))
    crisis, _ = draft_of(resources, TURN, noise, Flow("complaint_form", crisis=True))
    again, _ = draft_of(resources, TURN, noise, Flow("complaint_form", said=("打了好几次电话",)))
    assert [t.level for t in (calm, again, crisis)] == [1, 3, 4]
    assert crisis.details["complaint_level"] == "crisis"


@pytest.mark.parametrize(
    ("band", "due"),
    [
        ("30分钟", datetime(2026, 1, 2, 10, 30, tzinfo=CHINA)),
        # Friday: the next working day is Monday.
        ("1个工作日", datetime(2026, 1, 5, 18, 0, tzinfo=CHINA)),
        ("3个工作日", datetime(2026, 1, 7, 18, 0, tzinfo=CHINA)),
    ],
)
def test_reply_bands_end_when_they_say(band: str, due: datetime) -> None:
    assert band_due(band, datetime(2026, 1, 2, 10, 0, tzinfo=CHINA)) == due


def test_an_unknown_band_is_an_error() -> None:
    with pytest.raises(ValueError, match="尽快"):
        band_due("尽快", datetime(2026, 1, 2, tzinfo=UTC))


async def test_every_category_has_a_promise_from_configuration(resources: Resources) -> None:
    now = datetime(2026, 1, 2, 10, 0, tzinfo=CHINA)
    for category in Category:
        promised = promise_for(
            resources.community, category, Urgency.NORMAL, ComplaintLevel.NORMAL, now
        )
        for promise in promised.promises:
            assert promise.due_at > "2026-01-02"
