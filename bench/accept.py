"""接听 pressed to sound both ways: the first sample of either side that reaches the other."""

from __future__ import annotations

import asyncio
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from playwright.async_api import Page

from tests.handoff.support import Agent, tone
from tests.support.browser import PASSWORD, PLAIN_MICROPHONE, open_browser, sign_in
from tests.support.house import House
from zhiban.callers import VoiceCaller

_CALLER_HZ, _AGENT_HZ = 660.0, 440.0
_TALK_SECONDS = 30.0
_PATIENCE_SECONDS = 15.0
_SHARE = 0.5
_LOUD = 1000

_WATCH = """
window.__pressed = window.__heard_at = 0;
document.addEventListener("click", (event) => {
  if (event.target.closest("#accept")) { window.__pressed = Date.now(); window.__heard_at = 0; }
}, true);
const post = MessagePort.prototype.postMessage;
MessagePort.prototype.postMessage = function (message, ...rest) {
  if (message instanceof ArrayBuffer && window.__pressed && !window.__heard_at
      && new Int16Array(message).some((sample) => Math.abs(sample) > 1000))
    window.__heard_at = Date.now();
  return post.call(this, message, ...rest);
};
"""


@dataclass(frozen=True)
class Joined:
    """One accepted call, ms from the press to the first sound at either side."""

    at_agent: float
    at_caller: float

    @property
    def both(self) -> float:
        """Until sound goes both ways."""
        return max(self.at_agent, self.at_caller)


class _ToneCaller(VoiceCaller):
    """Notes when the agent's tone is first heard."""

    tone_at = 0.0

    def handle_binary(self, data: bytes) -> None:
        """Look for the tone in a frame."""
        super().handle_binary(data)
        if not self.tone_at and _has_tone(data, _AGENT_HZ, self.sample_rate):
            self.tone_at = time.time() * 1000


async def measure_accepts(house: House, count: int, user: str) -> list[Joined]:
    """Return how long each of ``count`` accepted emergencies took; print those without sound."""
    found: list[Joined] = []
    hands = Agent(house.desk, user)
    with tempfile.TemporaryDirectory() as folder:
        microphone = Path(folder) / "agent.wav"
        samples = np.frombuffer(tone(_AGENT_HZ, 10.0), dtype="<i2")
        soundfile.write(str(microphone), samples, 16000, subtype="PCM_16")
        async with open_browser(microphone) as browser:
            await hands.sign_in(PASSWORD)
            page = await browser.new_page()
            await page.add_init_script(_WATCH)
            await page.add_init_script(PLAIN_MICROPHONE)
            await sign_in(page, house.desk, user)
            for _ in range(count):
                joined = await _accept_one(house, page, hands)
                if joined is not None:
                    found.append(joined)
    await hands.close()
    return found


async def _accept_one(house: House, page: Page, hands: Agent) -> Joined | None:
    async with _ToneCaller(house.gateway) as phone:
        await phone.wait_event("bot.said", 15)
        await phone.socket.send_json({"type": "say", "text": "我家着火了快来人"})
        event = await phone.wait_event("handoff.requested", 10)
        assert event is not None
        talking = asyncio.create_task(phone.speak(tone(_CALLER_HZ, _TALK_SECONDS)))
        await page.wait_for_selector("#accept")
        await page.click("#accept")
        await phone.wait(lambda: bool(phone.tone_at), _PATIENCE_SECONDS)
        await page.wait_for_function("() => window.__heard_at", timeout=_PATIENCE_SECONDS * 1000)
        pressed, heard = await page.evaluate("() => [window.__pressed, window.__heard_at]")
        talking.cancel()
        await hands.act(event["data"]["handoff_id"], "dispose", outcome="dispatched", notes="")
        await phone.wait(lambda: bool(phone.ended), 10)
    if not phone.tone_at:
        print(f"the caller heard nothing in {phone.call_id}")
        return None
    return Joined(heard - pressed, phone.tone_at - pressed)


def _has_tone(data: bytes, hz: float, rate: int) -> bool:
    """Return whether most of a frame's energy lies at a frequency."""
    samples = np.frombuffer(data[: len(data) // 2 * 2], dtype="<i2").astype(np.float64)
    if samples.size < rate // 100 or np.abs(samples).max() < _LOUD:
        return False
    wave = np.exp(-2j * np.pi * hz * np.arange(samples.size) / rate)
    energy = float((samples**2).sum()) * samples.size / 2
    return bool(abs(samples @ wave) ** 2 > _SHARE * energy)
