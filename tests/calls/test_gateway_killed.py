"""The gateway dies in the middle of an emergency: the caller is called back."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from tests.support.house import House
from zhiban.callers import TextCaller

pytestmark = pytest.mark.call


async def test_kill_minus_nine_loses_the_audio_and_nothing_else(house: House) -> None:
    """The supervisor starts it again, the timeline is closed, the call-back is due."""
    phone = TextCaller(house.gateway, caller="18600006666")
    async with phone:
        await phone.wait_turn(0)
        await phone.say("我家水管爆了水到处喷")
        number = next(e for e in phone.events if e["name"] == "ticket.filed")["data"]["number"]
        house.kill("gateway")
        assert await phone.wait(lambda: bool(phone.ended), 10)
    async with aiohttp.ClientSession() as session, asyncio.timeout(90):
        while True:
            try:
                async with session.get(f"{house.gateway}/api/calls/{phone.call_id}") as answer:
                    call = await answer.json()
                break
            except aiohttp.ClientError:
                # Only its answering tells that the new process is there.
                await asyncio.sleep(0.2)
        async with session.get(f"{house.gateway}/api/tickets/{number}") as answer:
            ticket = await answer.json()
    last = call["events"][-1]
    states = [e["data"].get("state") for e in call["events"] if e["name"].startswith("handoff.")]
    assert (last["name"], last["data"]["reason"]) == ("call.ended", "gateway_lost")
    assert states[-1] == "callback_due"
    assert "回拨业主" in [promise["what"] for promise in ticket["promises"]]
