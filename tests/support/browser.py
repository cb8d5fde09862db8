"""A real browser (Debian's Chromium) with a microphone made of a sound file."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
from playwright.async_api import Browser, Page, async_playwright

from zhiban.settings import ROOT, Settings

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
]
PASSWORD = "correct-Horse-battery-9"

# A test's microphone is a file: echo cancelling and gain control would change what it compares.
PLAIN_MICROPHONE = """
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = (wanted) =>
  open({ ...wanted, audio: { channelCount: 1, echoCancellation: false, noiseSuppression: false,
                             autoGainControl: false } });
"""

# Keeps every frame the page plays, so that a test can hear what the person would.
LISTEN = """
window.__heard = [];
const post = MessagePort.prototype.postMessage;
MessagePort.prototype.postMessage = function (message, ...rest) {
  if (message instanceof ArrayBuffer) window.__heard.push(new Int16Array(message.slice(0)));
  return post.call(this, message, ...rest);
};
"""


def pictures(otherwise: Path) -> Path:
    """Return where screenshots go: the README's folder with ``ZHIBAN_PICTURES=1``."""
    return ROOT / "docs" / "images" if os.environ.get("ZHIBAN_PICTURES") else otherwise


@asynccontextmanager
async def open_browser(microphone: Path | None = None) -> AsyncIterator[Browser]:
    """Start a browser; ``microphone`` is a WAV file that it hears again and again."""
    arguments = list(ARGUMENTS)
    if microphone is not None:
        arguments.append(f"--use-file-for-fake-audio-capture={microphone}")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        try:
            yield browser
        finally:
            await browser.close()


async def add_agent(settings: Settings, user: str, role: str = "agent") -> None:
    """Make an account at the desk with a known password."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "handoff", "add-user", user, "--role", role, "--password-stdin",
        cwd=ROOT,
        env={**os.environ, **settings.to_env()},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    out, _ = await process.communicate(PASSWORD.encode() + b"\n")
    if process.returncode:
        raise RuntimeError(out.decode())


async def sign_in(page: Page, desk: str, user: str) -> None:
    """Sign in and report ready for calls."""
    await page.goto(f"{desk}/")
    await page.fill("#user", user)
    await page.fill("#password", PASSWORD)
    await page.click("button[type=submit]")
    await page.wait_for_selector("#ready")
    if await page.get_attribute("#ready", "aria-pressed") != "true":
        await page.click("#ready")
    await page.wait_for_selector("#ready[aria-pressed=true]")


async def heard_by(page: Page) -> bytes:
    """Return everything a page opened with :data:`LISTEN` has played: s16le at 16 kHz."""
    parts = await page.evaluate(
        """() => {
          const all = window.__heard, out = [];
          for (const part of all) for (const sample of part) out.push(sample);
          return out;
        }"""
    )
    return np.array(parts, dtype="<i2").tobytes()
