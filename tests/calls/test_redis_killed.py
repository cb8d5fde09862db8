"""Redis dies while a caller waits: its append-only file brings everything back."""

from __future__ import annotations

import pytest

from tests.calls.support import at_desk, back_again, finish, on_the_line, rung_for, tickets_of
from tests.support.house import House
from zhiban.callers import TextCaller

pytestmark = pytest.mark.call


async def test_redis_is_killed_while_a_caller_waits(house: House) -> None:
    """The call goes on, its words meanwhile are kept, and its one case is answered."""
    async with TextCaller(house.gateway, caller="13900000102") as phone:
        await phone.wait_turn(0)
        await phone.say("电梯里困人了，在三栋二单元")
        assert await phone.wait_event("handoff.requested", 10) is not None
        before = house.pid_of("redis")
        house.kill("redis")
        await phone.say("里面有一位老人，你们快一点", 5)
        await back_again(house)
        assert house.pid_of("redis") != before
        assert not phone.ended
        async with at_desk(house) as agent:
            view = await rung_for(agent, phone.call_id)
            async with on_the_line(agent, view["id"]):
                assert await phone.wait_event("handoff.bridged", 10) is not None
                await finish(agent, view["id"])
        assert await phone.wait(lambda: bool(phone.ended), 10)
    (ticket,) = await tickets_of(house, phone.call_id)
    assert (ticket["category"], ticket["building"]) == ("emergency", "3")
    assert "里面有一位老人，你们快一点" in ticket["verbatim"]
