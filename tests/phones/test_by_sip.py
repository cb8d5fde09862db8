"""The same over real SIP: our user agent as its own process, Debian's baresip as the telephone."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.conference.conftest import OpenFloor
from tests.conference.support import CALLER_HZ, OWNER_HZ, pitches, tone
from tests.handoff.support import wait_for_event, wait_for_state
from tests.sip.agent import TOKEN, user_agent
from tests.sip.phone import Phone, phone, write_speech
from tests.support.dialled import PHONE_HZ
from tests.support.stores import Stores
from zhiban import redis_keys
from zhiban.handoffs import HandoffState
from zhiban.timeline import EventName

pytestmark = pytest.mark.skipif(shutil.which("baresip") is None, reason="needs baresip")

VOICES = {"phone": PHONE_HZ, "caller": CALLER_HZ, "agent": OWNER_HZ}
_RATE = 8_000
_PIECE = _RATE // 2


@pytest.fixture
def voice(tmp_path: Path) -> Path:
    """What the telephone says: one tone."""
    samples = np.frombuffer(tone(PHONE_HZ, 4.0, _RATE), dtype="<i2") / 32_768
    return write_speech(tmp_path / "voice.wav", samples.astype(np.float32))


async def _line_up(stores: Stores) -> None:
    async with asyncio.timeout(20):
        while not await stores.redis.exists(redis_keys.SIP_ALIVE):
            await asyncio.sleep(0.05)  # its first sign of life


def _was_heard(telephone: Phone, who: str) -> bool:
    heard = telephone.heard()
    pieces = [heard[at : at + _PIECE] for at in range(0, len(heard) - _PIECE, _PIECE)]
    return any(who in pitches(piece, _RATE, VOICES) for piece in pieces)


async def _hears(newest: Callable[..., object], rate: int, who: str) -> None:
    async with asyncio.timeout(20):
        while who not in pitches(await newest(0.5), rate, VOICES):  # type: ignore[misc, arg-type]
            pass


async def test_a_caller_in_danger_is_bridged_to_an_on_call_telephone(
    open_floor: OpenFloor,
    stores: Stores,
    redis_url: str,
    tmp_path: Path,
    voice: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Rung by SIP, 1 by RFC 4733, audio both ways, ended and disposed of by keys."""
    monkeypatch.setenv("ZHIBAN_API_TOKEN", TOKEN)
    account = "<sip:8001@127.0.0.1>;regint=0;answermode=auto"
    async with phone(tmp_path / "phone", source=voice, account=account) as telephone:
        to = f"sip:8001@127.0.0.1:{telephone.port}"
        stage = {"role": "phone", "ring_seconds": 10, "label": "值班手机", "phones": [to]}
        floor = await open_floor(
            chains={"default": [{"role": "agent", "ring_seconds": 5, "label": "坐席"}, stage]}
        )
        async with user_agent(tmp_path, floor.gateway, redis_url=redis_url):
            await _line_up(stores)
            await floor.people["agent"].choose("away")
            await floor.caller.say("我家着火了快来人")
            offered = await floor.caller.event("handoff.offered")
            floor.handoff_id = offered["handoff_id"]
            await telephone.wait("CALL_ESTABLISHED")
            await floor.caller.event("handoff.whispered")
            await telephone.press("1")
            await wait_for_state(stores, floor.handoff_id, HandoffState.BRIDGED)
            await _hears(floor.caller.newest, floor.caller.sample_rate, "phone")
            await telephone.press("##")
            await floor.caller.noted("ended")
            await telephone.press("1")
            await wait_for_state(stores, floor.handoff_id, HandoffState.CLOSED)
            await telephone.wait("CALL_CLOSED")
        assert _was_heard(telephone, "caller")


async def test_an_owner_is_called_back_over_a_trunk(
    open_floor: OpenFloor,
    stores: Stores,
    redis_url: str,
    tmp_path: Path,
    voice: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The plain number of the ticket goes to whoever carries our numbers."""
    monkeypatch.setenv("ZHIBAN_API_TOKEN", TOKEN)
    account = "<sip:13812345678@127.0.0.1>;regint=0;answermode=auto"
    async with phone(tmp_path / "phone", source=voice, account=account) as telephone:
        floor = await open_floor()
        trunk = f"127.0.0.1:{telephone.port}"
        async with user_agent(tmp_path, floor.gateway, redis_url=redis_url, trunk=trunk):
            await _line_up(stores)
            await floor.ask_for_help()
            await floor.caller.tell({"type": "hangup"})
            await wait_for_state(stores, floor.handoff_id, HandoffState.CALLBACK_DUE)
            earlier = (await stores.ledger.get(floor.handoff_id)).call_id
            await floor.act("agent", "claim")
            answer = await floor.act("agent", "call_back")
            agent = await floor.connect("agent", answer["bridge_url"])
            await wait_for_state(stores, floor.handoff_id, HandoffState.BRIDGED)
            await _hears(agent.newest, agent.sample_rate, "phone")
            await agent.newest(2.0)  # so long they talk
            await telephone.command("hangup")
            assert (await agent.noted("ended"))["reason"] == "caller_hung_up"
            told = await wait_for_event(stores, earlier, EventName.CALLBACK_ENDED)
            assert told["outcome"] == "answered"
        assert _was_heard(telephone, "agent")
