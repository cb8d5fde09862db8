"""The caller's page in a real browser: microphone, answer, transcript, keyboard, phone width."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.calls.conftest import Synthesise
from tests.support.browser import LISTEN, heard_by, open_browser, pictures
from tests.support.house import House
from tests.support.speech import samples_of

pytestmark = [pytest.mark.call, pytest.mark.browser]


async def test_a_person_calls_from_the_page(
    house: House, synthesise: Synthesise, tmp_path: Path
) -> None:
    """Press 拨打, speak, hear and read the answer, hang up."""
    question = await synthesise("停车费一个月多少钱")
    # The greeting is let pass before the question; the file is then played from its start.
    silence = np.zeros(14 * 16000, dtype=np.float32)
    microphone = tmp_path / "caller.wav"
    soundfile.write(
        str(microphone), np.concatenate([silence, question, silence]), 16000, subtype="PCM_16"
    )
    async with open_browser(microphone) as browser:
        page = await browser.new_page(viewport={"width": 390, "height": 844})
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        await page.add_init_script(LISTEN)
        await page.goto(house.gateway)
        await page.click("#call")
        await page.wait_for_selector("#lines .bot")
        await page.wait_for_selector("#lines .me:not(.interim)", timeout=40_000)
        await page.wait_for_function(
            "() => [...document.querySelectorAll('#lines .bot')]"
            ".some((line, i) => i > 0 && line.textContent.includes('车位'))",
            timeout=15_000,
        )
        await page.screenshot(path=str(pictures(tmp_path) / "caller.png"))
        heard = samples_of(await heard_by(page))
        await page.click("#hangup")
        await page.wait_for_selector("#call:visible")
        state = await page.inner_text("#state")
    assert float(np.abs(heard).max()) > 0.05
    assert "挂断" in state
    assert problems == []


async def test_a_person_without_a_microphone_types(house: House) -> None:
    """The text box does the same, by keyboard alone."""
    async with open_browser() as browser:
        page = await browser.new_page()
        await page.goto(house.gateway)
        await page.focus("#number")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#words:enabled")
        await page.wait_for_selector("#lines .bot")
        await page.fill("#words", "物业费怎么收的")
        await page.keyboard.press("Enter")
        await page.wait_for_function(
            "() => [...document.querySelectorAll('#lines .bot')]"
            ".some(line => line.textContent.includes('物业费'))",
            timeout=15_000,
        )
        mine = await page.inner_text("#lines .me")
    assert mine == "物业费怎么收的"
