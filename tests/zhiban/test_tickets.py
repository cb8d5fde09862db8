"""Tickets: numbers, required fields, changes, events."""

from __future__ import annotations

import asyncio
import re

import pytest

from tests.support.stores import Stores
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.tickets import Category, Status, TicketDraft, TicketIncompleteError, Urgency, prefix_of
from zhiban.timeline import read_call


def _repair(**changes: object) -> TicketDraft:
    values: dict[str, object] = {
        "category": Category.LEAK,
        "problem": "厨房水管漏水",
        "building": "5",
        "unit": "2",
        "room": "1001",
        "caller_name": "李明",
        "phone": "13812345678",
        "urgency": Urgency.URGENT,
        "call_id": "call-1",
    }
    return TicketDraft(**(values | changes))  # type: ignore[arg-type]


async def test_numbers_are_unique_and_without_gaps_under_concurrency(stores: Stores) -> None:
    """TAX-125: prefix, day, running number; fifty at once all differ."""
    filed = await asyncio.gather(*[stores.tickets.file(_repair(), by="bot") for _ in range(50)])
    numbers = sorted(ticket["number"] for ticket in filed)
    assert all(re.fullmatch(r"RP\d{8}\d{3}", number) for number in numbers)
    assert [int(number[-3:]) for number in numbers] == list(range(1, 51))


@pytest.mark.parametrize(
    ("category", "prefix"),
    [
        (Category.LEAK, "RP"),
        (Category.COMPLAINT_NOISE, "TS"),
        (Category.FEE_INQUIRY, "ZX"),
        (Category.EMERGENCY, "JJ"),
        (Category.SECURITY, "AF"),
        (Category.SUGGESTION, "JY"),
        (Category.HOUSEKEEPING, "ZZ"),
        (Category.CALLBACK, "HF"),
    ],
)
def test_every_kind_has_its_prefix(category: Category, prefix: str) -> None:
    """TAX-126."""
    assert prefix_of(category) == prefix


def test_no_category_is_without_a_prefix() -> None:
    """A category somebody adds must not make filing fail at night."""
    assert all(re.fullmatch("[A-Z]{2}", prefix_of(category)) for category in Category)


async def test_a_repair_without_its_required_fields_is_refused(stores: Stores) -> None:
    """TAX-089, TAX-118."""
    with pytest.raises(TicketIncompleteError) as refused:
        await stores.tickets.file(_repair(room="", phone=""), by="bot")
    assert refused.value.missing == ("phone", "room")
    assert await stores.tickets.of_call("call-1") == []


async def test_an_emergency_needs_nothing_but_what_happened(stores: Stores) -> None:
    """TAX-109, EMG-001."""
    ticket = await stores.tickets.file(
        TicketDraft(Category.EMERGENCY, "着火了", urgency=Urgency.EMERGENCY, level=3), by="bot"
    )
    assert ticket["status"] == Status.OPEN
    assert ticket["number"].startswith("JJ")


async def test_an_incomplete_ticket_opens_once_it_is_complete(stores: Stores) -> None:
    """What a caller who is cut off has said is kept, and can be completed."""
    ticket = await stores.tickets.file(_repair(room=""), by="bot", allow_incomplete=True)
    assert ticket["status"] == Status.INCOMPLETE
    changed = await stores.tickets.change(ticket["number"], {"room": "1001"}, by="agent-1")
    assert changed["status"] == Status.OPEN


async def test_a_change_keeps_who_and_what_was_before(stores: Stores) -> None:
    """TAX-114, SEC-015."""
    ticket = await stores.tickets.file(_repair(), by="bot")
    await stores.tickets.change(ticket["number"], {"room": "1002"}, by="agent-1", what="更正")
    entry = (await stores.tickets.get(ticket["number"]))["history"][-1]
    assert (entry["by"], entry["what"]) == ("agent-1", "更正")
    assert (entry["before"], entry["changes"]) == ({"room": "1001"}, {"room": "1002"})


async def test_concurrent_changes_are_all_kept(stores: Stores) -> None:
    """Two processes may note things on one ticket in the same moment."""
    number = (await stores.tickets.file(_repair(), by="bot"))["number"]
    fields = ["place", "since", "available_time", "summary"]
    await asyncio.gather(
        *[stores.tickets.change(number, {field: "x"}, by=field) for field in fields]
    )
    ticket = await stores.tickets.get(number)
    assert {entry["by"] for entry in ticket["history"]} == {"bot", *fields}
    assert all(ticket[field] == "x" for field in fields)


@pytest.mark.parametrize("field", ["number", "history", "created_at", "no_such_field"])
async def test_fixed_and_unknown_fields_cannot_be_changed(stores: Stores, field: str) -> None:
    """A number is never reused and a history never rewritten."""
    number = (await stores.tickets.file(_repair(), by="bot"))["number"]
    with pytest.raises(ZhibanError) as refused:
        await stores.tickets.change(number, {field: "x"}, by="agent-1")
    assert refused.value.code is ErrorCode.BAD_MESSAGE


async def test_filing_and_changing_tell_the_timeline(stores: Stores) -> None:
    """Every stage writes one event."""
    number = (await stores.tickets.file(_repair(), by="bot"))["number"]
    await stores.tickets.change(number, {"room": "1002"}, by="bot")
    events = await read_call("call-1", stores.redis, stores.engine)
    assert [event.name for event in events] == ["ticket.filed", "ticket.updated"]
    assert events[0].data["number"] == number
    assert events[1].data["changes"] == {"room": "1002"}
