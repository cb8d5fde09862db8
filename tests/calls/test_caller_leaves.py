"""The caller hangs up in every state of a handoff: a call-back is due at once, all told kept."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests.calls.conftest import Synthesise
from tests.calls.support import at_desk, finish, of_call, on_the_line, rung_for, tickets_of
from tests.handoff.support import Agent
from tests.support.house import House
from tests.support.speech import pcm
from zhiban.callers import TextCaller, VoiceCaller

pytestmark = pytest.mark.call

STATES = ("requested", "offered", "declined", "accepted", "bridged")
CRY = "电梯里困人了，在三栋二单元"


async def reach(stack: AsyncExitStack, agent: Agent, call_id: str, state: str) -> None:
    """Bring the call's case to a state."""
    if state == "requested":
        await of_call(agent, call_id, "requested")
        return
    view = await rung_for(agent, call_id)
    if state == "declined":
        await agent.act(view["id"], "decline", reason="leaving")
        await of_call(agent, call_id, "declined")
    elif state == "accepted":
        assert (await agent.act(view["id"], "accept"))[0] == 200
    elif state == "bridged":
        await stack.enter_async_context(on_the_line(agent, view["id"]))
        await of_call(agent, call_id, "bridged")


@pytest.mark.parametrize("state", STATES)
async def test_hanging_up(house: House, state: str) -> None:
    """EMG-003, EMG-006: where, what and who stand on the ticket and on the desk."""
    number = f"1390000020{STATES.index(state)}"
    async with AsyncExitStack() as stack:
        status = "away" if state == "requested" else "ready"
        agent = await stack.enter_async_context(at_desk(house, status=status))
        async with TextCaller(house.gateway, caller=number) as phone:
            await phone.wait_turn(0)
            await phone.say(CRY)
            await reach(stack, agent, phone.call_id, state)
        view = await _after(agent, phone.call_id, state)
        (ticket,) = await tickets_of(house, phone.call_id)
        assert (ticket["building"], ticket["unit"], ticket["phone"]) == ("3", "2", number)
        assert CRY in ticket["verbatim"]
        assert view["card"]["where"]["building"] == "3"
        assert view["card"]["words"][0] == CRY
        assert "回拨业主" in [promise["what"] for promise in ticket["promises"]]
        await finish(agent, view["id"], "resolved")


async def test_hanging_up_with_the_last_syllable(house: House, synthesise: Synthesise) -> None:
    """EMG-003: words cut off by the hang-up are recognised, and the caller is called back."""
    async with at_desk(house, status="away") as agent:
        async with VoiceCaller(house.gateway, caller="13900000210") as phone:
            await phone.wait_event("bot.said", 15)
            await phone.speak(pcm(await synthesise("我家着火了", rate=300.0)))
        view = await of_call(agent, phone.call_id, "callback_due")
        (ticket,) = await tickets_of(house, phone.call_id)
        assert (view["kind"], ticket["phone"]) == ("fire", "13900000210")
        assert "回拨业主" in [promise["what"] for promise in ticket["promises"]]
        await finish(agent, view["id"], "resolved")


async def _after(agent: Agent, call_id: str, state: str) -> dict[str, Any]:
    """Return the case once it is a call-back; somebody who talked decides that themselves."""
    if state == "bridged":
        view = await of_call(agent, call_id, "bridged")
        await agent.act(view["id"], "dispose", outcome="callback", notes="")
    return await of_call(agent, call_id, "callback_due")
