"""The desk dies while a case rings: the caller hears nothing of it, and it rings on."""

from __future__ import annotations

import pytest

from tests.calls.support import at_desk, back_again, finish, on_the_line, rung_for
from tests.support.house import House
from zhiban.callers import TextCaller

pytestmark = pytest.mark.call


async def test_the_desk_is_killed_while_it_rings(house: House) -> None:
    """The same case rings again at the restarted desk and is taken there."""
    async with TextCaller(house.gateway, caller="13900000101") as phone:
        await phone.wait_turn(0)
        async with at_desk(house) as agent:
            await phone.say("我家着火了快来人")
            ringing = await rung_for(agent, phone.call_id)
            house.kill("desk")
        await back_again(house)
        async with at_desk(house) as again:
            assert (await rung_for(again, phone.call_id))["id"] == ringing["id"]
            async with on_the_line(again, ringing["id"]):
                assert await phone.wait_event("handoff.bridged", 10) is not None
                await finish(again, ringing["id"])
        assert await phone.wait(lambda: bool(phone.ended), 10)
    assert phone.ended == "agent_hung_up"
    assert [e["name"] for e in phone.events].count("handoff.requested") == 1
