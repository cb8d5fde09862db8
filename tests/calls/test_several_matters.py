"""Several matters over the whole house: all of them are tickets when the caller is gone.

Every test calls from a number of its own: a number that calls again is joined to its open case.
"""

from __future__ import annotations

import pytest

from tests.calls.support import tickets_of
from tests.support.house import House
from zhiban.callers import TextCaller

pytestmark = pytest.mark.call


async def test_a_repair_in_one_breath_with_an_emergency(house: House) -> None:
    """Somebody is rung first; the repair gets its own ticket, to be called back about."""
    async with TextCaller(house.gateway, caller="13700001111") as phone:
        await phone.wait_turn(0)
        await phone.say("我家着火了快来人，另外卫生间的马桶也堵了")
        names = [event["name"] for event in phone.events]
        assert "handoff.requested" in names
    emergency, repair = await tickets_of(house, phone.call_id)
    assert (emergency["category"], repair["category"]) == ("emergency", "repair_indoor")
    assert "马桶" in repair["problem"] and "着火" not in repair["problem"]
    assert (repair["building"], repair["phone"]) == ("1", "13700001111")
    assert repair["promises"][0]["what"] == "回拨业主"


async def test_hanging_up_in_the_middle_of_two_repairs(house: House) -> None:
    """The line breaks while the first is being taken down."""
    async with TextCaller(house.gateway, caller="13500003333") as phone:
        await phone.wait_turn(0)
        await phone.say("我家厨房灯坏了还有马桶堵了")
        await phone.say("是的")
    lamp, toilet = await tickets_of(house, phone.call_id)
    assert ("灯" in lamp["problem"], toilet["problem"]) == (True, "马桶堵了")
    for ticket in (lamp, toilet):
        assert (ticket["category"], ticket["room"]) == ("repair_indoor", "2604")
        assert ticket["promises"][0]["what"] == "回拨业主"
