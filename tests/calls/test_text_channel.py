"""The text channel's contract, over the whole house."""

from __future__ import annotations

import asyncio
import json
import os
import sys

import aiohttp
import pytest

from tests.support.house import House
from zhiban.callers import TextCaller
from zhiban.community import load_community
from zhiban.settings import ROOT

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


async def test_with_nobody_at_the_desk_the_caller_is_never_left_in_silence(house: House) -> None:
    """EMG-006: the chain is gone through, the caller hears it, a call-back is promised."""
    async with TextCaller(house.gateway, caller="15800004444") as phone:
        await phone.wait_turn(0)
        await phone.say("我家着火了快来人")
        assert await phone.wait_event("handoff.escalated", 30) is not None
        told = {phrase(house, "nobody_yet"), phrase(house, "callback_promise")}
        assert await phone.wait(lambda: told <= set(phone.heard), 30), phone.heard
        number = next(e for e in phone.events if e["name"] == "ticket.filed")["data"]["number"]
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{house.gateway}/api/tickets/{number}") as answer,
    ):
        ticket = await answer.json()
    assert "回拨业主" in [promise["what"] for promise in ticket["promises"]]


async def test_the_terminal_places_the_same_call(house: House) -> None:
    """``zhiban call --text -`` prints the timeline and, at the end, the latencies."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "zhiban", "call", "--text", "-", "--caller", "13812345678",
        cwd=ROOT,
        env={**os.environ, **house.settings.to_env()},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate("停车费一个月多少钱\n".encode())
    lines = [json.loads(line) for line in out.decode().splitlines()]
    names = [line.get("name") for line in lines[:-1]]
    assert process.returncode == 0
    assert names[0] == "call.started"
    assert names[-1] == "call.ended"
    assert "caller.turn" in names
    assert lines[-1]["latencies"]["answered"] == 1


def phrase(house: House, key: str) -> str:
    """Return a fixed sentence of the house's site."""
    return load_community(house.settings.site_dir).phrase(key)
