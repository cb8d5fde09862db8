"""The text channel's contract, over the whole house."""

from __future__ import annotations

import json

import aiohttp
import pytest

from tests.support.house import House
from zhiban.callers import TextCaller

pytestmark = pytest.mark.call


async def test_messages_come_in_the_contracts_order(house: House) -> None:
    """started, bot, turn_done; events before turn_done; ended at the end."""
    order: list[str] = []
    async with aiohttp.ClientSession() as session:
        url = house.gateway.replace("http", "ws") + "/v1/text"
        async with session.ws_connect(url) as socket:
            await socket.send_str(json.dumps({"type": "start", "caller": "", "channel": "text"}))
            sent = False
            async for message in socket:
                body = json.loads(message.data)
                order.append(body.get("name", body["type"]))
                if body["type"] == "turn_done" and not sent:
                    sent = True
                    await socket.send_str(json.dumps({"type": "say", "text": "物业费怎么收"}))
                elif body["type"] == "turn_done":
                    await socket.send_str(json.dumps({"type": "hangup"}))
    assert order[0] == "started"
    assert order[-2:] == ["call.ended", "ended"]
    assert order.count("turn_done") == 2
    second = order[order.index("turn_done") + 1 :]
    assert second.index("caller.turn") < second.index("turn_done")
    assert second.index("bot") < second.index("turn_done")


async def test_a_call_can_be_read_back_over_http(house: House) -> None:
    """GET /api/calls/{id} and GET /api/tickets/{number}."""
    async with TextCaller(house.gateway, caller="13000000000") as phone:
        await phone.wait_turn(0)
        await phone.say("我家着火了快来人")
        await phone.say("三栋二单元八零一")
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{house.gateway}/api/calls/{phone.call_id}") as answer:
            call = await answer.json()
        async with session.get(f"{house.desk}/api/calls/{phone.call_id}") as answer:
            assert (await answer.json())["call_id"] == phone.call_id
        (number,) = call["tickets"]
        async with session.get(f"{house.gateway}/api/tickets/{number}") as answer:
            ticket = await answer.json()
        async with session.get(f"{house.gateway}/api/tickets/XX1") as answer:
            assert answer.status == 404
    assert [e["seq"] for e in call["events"]] == list(range(1, len(call["events"]) + 1))
    assert call["events"][-1]["name"] == "call.ended"
    assert (ticket["category"], ticket["level"]) == ("emergency", 3)
    assert (ticket["building"], ticket["unit"], ticket["room"]) == ("3", "2", "801")


async def test_bad_messages_get_a_clear_answer_and_the_call_goes_on(house: House) -> None:
    """Bad input gets a clear message."""
    async with aiohttp.ClientSession() as session:
        url = house.gateway.replace("http", "ws") + "/v1/text"
        async with session.ws_connect(url) as socket:
            await socket.send_str(json.dumps({"type": "start"}))
            await socket.send_str("not json")
            await socket.send_str(json.dumps({"type": "dance"}))
            await socket.send_str(json.dumps({"type": "say", "text": "   "}))
            errors = []
            while len(errors) < 3:
                body = json.loads((await socket.receive()).data)
                if body["type"] == "error":
                    errors.append(body["code"])
            await socket.send_str(json.dumps({"type": "hangup"}))
    assert errors == ["bad_message"] * 3


async def test_another_sites_page_cannot_use_it(house: House) -> None:
    """A page somebody visits on the same machine must not place calls or read them."""
    headers = {"Origin": "https://evil.example"}
    async with aiohttp.ClientSession(headers=headers) as session:
        for path in ("/v1/text", "/v1/voice"):
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await session.ws_connect(house.gateway.replace("http", "ws") + path)
        async with session.get(f"{house.gateway}/api/calls/any") as answer:
            assert answer.status == 401
