"""Who may hear about a ticket (SEC-001, SEC-003)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from actions.filing import draft_of, file_request_for_person, file_ticket
from actions.flow.state import Facts, Flow
from actions.residents import Claim, Residents, Verified
from actions.resources import Resources
from actions.turn import Turn

LI = Claim("5", "2", "1001", "李先生", "13812345678")


@pytest.mark.parametrize(
    ("claim", "known"),
    [
        (LI, True),
        (replace(LI, name="李明"), True),
        (replace(LI, name="李"), True),
        (replace(LI, name="李强"), False),
        (replace(LI, name="王先生"), False),
        (replace(LI, phone="13812345679"), False),
        (replace(LI, room="1002"), False),
        (replace(LI, unit="1"), False),
        (replace(LI, name=""), False),
        (replace(LI, phone=""), False),
        # Another resident's name and number do not open this home.
        (replace(LI, name="王芳", phone="13987654321"), False),
    ],
)
async def test_all_three_must_match(resources: Resources, claim: Claim, known: bool) -> None:
    verified = await Residents(resources.engine).verify(claim)
    assert verified is (Verified.RESIDENT if known else Verified.NO)


async def test_an_earlier_ticket_identifies_those_not_in_the_register(
    resources: Resources,
) -> None:
    claim = Claim("8", "2", "301", "周先生", "13100001111")
    residents = Residents(resources.engine)
    assert await residents.verify(claim) is Verified.NO
    facts = Facts(
        building="8",
        unit="2",
        room="301",
        caller_name="周先生",
        phone="13100001111",
        problem="马桶堵了",
        category="repair_indoor",
    )
    turn = Turn("c", "马桶堵了", "repair_indoor", 0.9, (), "", None)
    draft, _ = draft_of(resources, turn, facts, Flow("repair_form"))
    filed = await file_ticket(resources, draft)
    assert await residents.verify(claim) is Verified.BY_TICKET
    assert await residents.verify(replace(claim, phone="13100001112")) is Verified.NO
    open_tickets = await residents.open_tickets(claim, Verified.BY_TICKET)
    assert [ticket["number"] for ticket in open_tickets] == [filed["number"]]


async def test_nobody_gets_in_by_filing_for_a_home(resources: Resources) -> None:
    """A request for a person is no proof, and a ticket opens only what was filed with its number."""
    residents = Residents(resources.engine)
    stranger = Claim("8", "2", "301", "钱先生", "13100009999")
    turn = Turn("c", "转人工", "human_request", 0.9, (), stranger.phone, None)
    facts = Facts(building="8", unit="2", room="301", caller_name="钱先生", phone=stranger.phone)
    await file_request_for_person(resources, turn, facts, "业主要求人工服务", ("转人工",))
    assert await residents.verify(stranger) is Verified.NO

    neighbour = Facts(
        building="8",
        unit="2",
        room="301",
        caller_name="周先生",
        phone="13100001111",
        problem="马桶堵了",
        category="repair_indoor",
    )
    draft, _ = draft_of(resources, turn, neighbour, Flow("repair_form"))
    await file_ticket(resources, draft)
    assert await residents.open_tickets(stranger, Verified.BY_TICKET) == []
