"""Emergencies by voice: last syllable of the emergency word to the agent's browser ringing."""

from __future__ import annotations

import time

import numpy as np
from playwright.async_api import TimeoutError as PlaywrightTimeout

from tests.support.browser import open_browser, sign_in
from tests.support.house import House
from tests.support.speech import Samples, pcm, speak
from zhiban.callers import VoiceCaller

_CRIES = (
    ("我家着火了", "你们快点派人过来看看吧"),
    ("电梯里困人了", "在三栋二单元这边呢"),
    ("我家水管爆了", "水流得到处都是怎么办"),
    ("厨房煤气泄漏了", "味道特别大我有点怕"),
)


async def measure_rings(house: House, count: int, user: str) -> list[float]:
    """Return ms for each of ``count`` emergencies that rang; print those that did not."""
    cries = [
        (words, await speak(house.settings.voice, words), await speak(house.settings.voice, rest))
        for words, rest in _CRIES
    ]
    rings: list[float] = []
    async with open_browser() as browser:
        page = await browser.new_page()
        await sign_in(page, house.desk, user)
        for number in range(count):
            words, head, tail = cries[number % len(cries)]
            await page.evaluate("() => { delete document.body.dataset.rang; }")
            async with VoiceCaller(house.gateway) as phone:
                # People in danger do not wait for the greeting to end.
                await phone.wait_event("bot.said", 15)
                word_at = await _cry(phone, _trimmed(head), tail)
                try:
                    await page.wait_for_function("() => document.body.dataset.rang", timeout=15_000)
                except PlaywrightTimeout:
                    print(f"no ring for {words}")
                    continue
                rang = await page.evaluate("() => Number(document.body.dataset.rang)")
                rings.append(rang - word_at)
            await page.wait_for_selector("#accept", state="detached")
    return rings


async def _cry(phone: VoiceCaller, head: Samples, tail: Samples) -> float:
    """Speak without a pause; return when the last syllable of the head was sent, epoch ms."""
    began = time.time()
    await phone.speak(pcm(np.concatenate([head, tail])))
    return (began + len(head) / 16000) * 1000


def _trimmed(samples: Samples) -> Samples:
    """Return the samples up to the last voiced one, so that the word ends where they end."""
    voiced = np.flatnonzero(np.abs(samples) > 0.02)
    return samples[: int(voiced[-1]) + 1] if voiced.size else samples
