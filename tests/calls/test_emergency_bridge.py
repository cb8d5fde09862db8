"""An emergency by voice is bridged to an agent in a real browser; audio checked both ways."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import soundfile

from tests.calls.conftest import Synthesise
from tests.support.browser import (
    LISTEN,
    PLAIN_MICROPHONE,
    heard_by,
    open_browser,
    sign_in,
)
from tests.support.house import House
from tests.support.speech import correlation, pcm, samples_of, share_heard
from zhiban.callers import VoiceCaller

pytestmark = [pytest.mark.call, pytest.mark.browser]


async def test_trapped_in_a_lift_and_put_through(
    house: House, synthesise: Synthesise, tmp_path: Path
) -> None:
    """D-EMG-ELEV (DLG-072…075): spoken, intercepted, rung, accepted, talked, hung up, disposed."""
    agent_says = await synthesise("您好，我是值班人员，救援马上就到，请不要扒门")
    caller_says = await synthesise("我们这里有两个大人一个小孩，请你们快一点")
    microphone = tmp_path / "agent.wav"
    soundfile.write(str(microphone), agent_says, 16000, subtype="PCM_16")
    async with open_browser(microphone) as browser:
        context = await browser.new_context(viewport={"width": 1280, "height": 800})
        page = await context.new_page()
        await page.add_init_script(LISTEN)
        await page.add_init_script(PLAIN_MICROPHONE)
        await sign_in(page, house.desk, "e2e")
        async with VoiceCaller(house.gateway, caller="13987654321") as phone:
            await phone.wait_turn(0)
            await phone.speak(pcm(await synthesise("电梯里困人了，快来人啊")))
            await page.wait_for_selector("#accept", timeout=20_000)
            card = await page.inner_text("#work")
            await page.click("#accept")
            bridged = await phone.wait_event("handoff.bridged", 15)
            assert bridged is not None, [e["name"] for e in phone.events]
            heard_before = len(phone.heard)
            await phone.speak(pcm(caller_says))
            await asyncio.sleep(3)
            to_caller = samples_of(bytes(phone.heard[heard_before:]))
            to_agent = samples_of(await heard_by(page))
            transcript = await page.inner_text("#talk")
            await page.click("#hangup")
            ended = await phone.wait_event("call.ended", 10)
    assert "电梯困人" in card
    assert "3" in card
    assert ended is not None
    assert ended["data"]["reason"] == "agent_hung_up"
    names = [e["name"] for e in phone.events]
    order = [
        "emergency.detected",
        "ticket.filed",
        "handoff.requested",
        "handoff.offered",
        "handoff.accepted",
        "handoff.bridged",
    ]
    assert sorted(order, key=names.index) == order
    assert share_heard(to_agent, caller_says) > 0.7
    assert share_heard(to_caller, agent_says[: 2 * 16000]) > 0.7
    assert "电梯" in transcript
    recording = house.settings.recordings_dir / f"{phone.call_id}.wav"
    both, rate = soundfile.read(str(recording), dtype="float32")
    assert (rate, both.shape[1]) == (16000, 2)
    assert correlation(both[:, 0], caller_says) > 0.99
    assert share_heard(both[:, 1], agent_says[: 2 * 16000]) > 0.7
