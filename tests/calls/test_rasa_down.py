"""The dialogue engine is down: a person answers, or a recorded message and a ticket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.calls.support import (
    at_desk,
    back_again,
    finish,
    of_call,
    on_the_line,
    rung_for,
    tickets_of,
)
from tests.support.house import House
from zhiban.callers import TextCaller
from zhiban.community import load_community

pytestmark = pytest.mark.call


@pytest.fixture
async def house_without_rasa(house: House) -> AsyncIterator[House]:
    """Keep killing the dialogue engine as long as the test runs."""

    async def keep_down() -> None:
        while True:
            if house.pid_of("rasa") is not None:
                house.kill("rasa")
            await asyncio.sleep(0.5)  # the supervisor tells nobody when it has started it again

    killer = asyncio.create_task(keep_down())
    try:
        yield house
    finally:
        killer.cancel()
        await asyncio.gather(killer, return_exceptions=True)
        await back_again(house)


async def test_rasa_down(house_without_rasa: House) -> None:
    """KB-024: first with nobody at the desk, then with an agent there."""
    house = house_without_rasa
    phrases = load_community(house.settings.site_dir).phrase
    async with TextCaller(house.gateway, caller="13900000103") as phone:
        await phone.wait_turn(0)
        await phone.say("物业费怎么收的")
        said = {phrases("apology_down"), phrases("take_message")}
        assert await phone.wait(lambda: said <= set(phone.heard), 15), phone.heard
        await phone.say("五栋二单元一零零一，楼道里的灯坏了")
    (ticket,) = await tickets_of(house, phone.call_id)
    assert ticket["category"] == "callback"
    assert ticket["phone"] == "13900000103"
    assert "五栋二单元一零零一，楼道里的灯坏了" in ticket["verbatim"]
    assert "回拨业主" in [promise["what"] for promise in ticket["promises"]]
    async with at_desk(house) as agent:
        due = await of_call(agent, phone.call_id, "callback_due")
        await finish(agent, due["id"], "resolved")
        async with TextCaller(house.gateway, caller="13900000104") as second:
            await second.wait_turn(0)
            await second.say("停车费一个月多少钱")
            view = await rung_for(agent, second.call_id)
            assert view["card"]["words"] == ["停车费一个月多少钱"]
            async with on_the_line(agent, view["id"]):
                assert await second.wait_event("handoff.bridged", 10) is not None
                await finish(agent, view["id"])
