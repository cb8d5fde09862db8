"""Moving a caller to an extension of the PBX, by its manager interface."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from tests.handoff.support import wait_for_state
from tests.support.asterisk_house import Pbx, engine, pbx, redis_url, stores
from tests.support.asterisk_manager import Manager
from tests.support.house import free_ports
from voice_gateway.asterisk import manager as manager_client
from voice_gateway.asterisk.manager import ManagerClient
from voice_gateway.asterisk.settings import AmiAddress, AsteriskSettings
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.handoffs import HandoffState

__all__ = ["engine", "pbx", "redis_url", "stores"]

pytestmark = pytest.mark.timeout(120)

_CALLER = "PJSIP/carrier-0000000a"


@asynccontextmanager
async def _manager(**options: frozenset[str]) -> AsyncIterator[tuple[Manager, AmiAddress]]:
    manager = Manager({_CALLER}, **options)
    (port,) = free_ports(1)
    await manager.start(port)
    try:
        yield manager, AmiAddress("127.0.0.1", port, False, "zhiban", "secret")
    finally:
        await manager.close()


async def test_a_channel_is_moved() -> None:
    async with _manager() as (manager, address):
        await ManagerClient(address).redirect(_CALLER, "zhiban-handoff", "8001")
    (order,) = manager.orders
    order.pop("ActionID")
    assert order == {
        "Action": "Redirect",
        "Channel": _CALLER,
        "Context": "zhiban-handoff",
        "Exten": "8001",
        "Priority": "1",
    }


async def test_a_channel_that_is_gone_is_told_apart() -> None:
    async with _manager() as (_, address):
        with pytest.raises(ZhibanError) as refused:
            await ManagerClient(address).redirect("PJSIP/13812345678-1", "zhiban-handoff", "8001")
    assert refused.value.code is ErrorCode.CHANNEL_UNKNOWN
    assert "13812345678" not in refused.value.message


async def test_a_wrong_secret_is_told_apart() -> None:
    async with _manager() as (manager, address):
        wrong = AmiAddress(address.host, address.port, False, "zhiban", "guess")
        with pytest.raises(ZhibanError) as refused:
            await ManagerClient(wrong).redirect(_CALLER, "zhiban-handoff", "8001")
    assert refused.value.code is ErrorCode.PBX_REFUSED
    assert "guess" not in refused.value.message
    assert manager.orders == []


async def test_a_user_without_the_right_is_told_apart() -> None:
    async with _manager(may=frozenset()) as (_, address):
        with pytest.raises(ZhibanError) as refused:
            await ManagerClient(address).redirect(_CALLER, "zhiban-handoff", "8001")
    assert refused.value.code is ErrorCode.PBX_REFUSED


@pytest.mark.parametrize("trouble", ["nobody", "silent", "other", "closes"])
async def test_a_pbx_that_does_not_answer_can_be_tried_again(
    trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manager_client, "_SECONDS", 0.5)
    async with _manager() as (manager, address):
        match trouble:
            case "nobody":
                await manager.close()
            case "silent":
                manager.answers = False
            case "other":
                manager.banner = b"220 smtp ready\r\n"
            case "closes":
                manager.banner = b""
                await manager.close()
        with pytest.raises(ZhibanError) as refused:
            await ManagerClient(address).redirect(_CALLER, "zhiban-handoff", "8001")
    assert refused.value.code is ErrorCode.PBX_UNAVAILABLE
    assert refused.value.retryable


@pytest.mark.parametrize("bad", ["PJSIP/x\r\nAction: Originate", "PJSIP/x\nVariable: a"])
async def test_no_order_can_be_smuggled_in(bad: str) -> None:
    async with _manager() as (manager, address):
        with pytest.raises(ZhibanError) as refused:
            await ManagerClient(address).redirect(bad, "zhiban-handoff", "8001")
    assert refused.value.code is ErrorCode.BAD_MESSAGE
    assert manager.orders == []


# --- of a call in progress ----------------------------------------------------------------------


async def _transfer(pbx: Pbx, body: object) -> tuple[int, str]:
    async with (
        aiohttp.ClientSession() as http,
        http.post(pbx.gateway + "/v1/asterisk/transfer", json=body) as answer,
    ):
        return answer.status, await answer.text()


async def _with_manager(pbx: Pbx) -> Manager:
    address = AsteriskSettings.from_env(os.environ).manager()
    assert address is not None
    manager = Manager({_CALLER})
    await manager.start(address.port)
    pbx.stack.push_async_callback(manager.close)
    return manager


async def test_a_caller_is_moved_and_what_was_open_stays_open(pbx: Pbx) -> None:
    """The PBX tells nobody whether the extension answered: a person still has to call back."""
    manager = await _with_manager(pbx)
    channel = await pbx.dial("call=t.1&caller=13812345678&channel=PJSIP%2Fcarrier-0000000a")
    await channel.press("0")
    requested = await pbx.event("handoff.requested")
    call_id = requested.call_id
    status, _ = await _transfer(pbx, {"call_id": call_id, "extension": "8001"})
    assert status == 200
    assert manager.orders[0]["Channel"] == _CALLER
    assert manager.orders[0]["Context"] == "zhiban-handoff"
    ended = await pbx.event("call.ended")
    assert (ended.data["reason"], ended.data["cause"]) == ("transferred", "extension_8001")
    handoff_id = requested.data["handoff_id"]
    await wait_for_state(pbx.stores, handoff_id, HandoffState.CALLBACK_DUE)
    async with asyncio.timeout(5):
        await channel.told("HANGUP")


async def test_a_transfer_that_fails_leaves_the_caller_where_they_are(pbx: Pbx) -> None:
    channel = await pbx.dial("call=t.2&channel=PJSIP%2Fgone-1")
    call_id = (await pbx.event("call.started")).call_id
    assert (await _transfer(pbx, {"call_id": call_id, "extension": "8001"}))[0] == 503
    manager = await _with_manager(pbx)
    status, text = await _transfer(pbx, {"call_id": call_id, "extension": "8001"})
    assert (status, "channel_unknown" in text) == (410, True)
    assert manager.orders == []
    before = len(channel.messages)
    async with asyncio.timeout(5):
        while len(channel.messages) < before + 10:
            await asyncio.sleep(0.02)
    assert "call.ended" not in [event.name for event in await pbx.events()]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"call_id": "call-x", "extension": "8001"}, 404),
        ({"call_id": "call-x", "extension": "8001,1\r\n"}, 400),
        ({"call_id": "call-x", "extension": ""}, 400),
        ({"call_id": "call-x"}, 400),
        (["call-x"], 400),
    ],
)
async def test_what_is_no_transfer_is_refused(pbx: Pbx, body: object, status: int) -> None:
    assert (await _transfer(pbx, body))[0] == status
