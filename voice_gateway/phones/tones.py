"""The ring-back tone an agent hears while an owner is being rung: 450 Hz, 1 s on, 4 s off."""

from __future__ import annotations

import asyncio
import functools

import numpy as np

from voice_gateway.links.link import MediaLink

_HERTZ = 450.0
_ON_SECONDS, _OFF_SECONDS = 1.0, 4.0
_LEVEL = 0.08
_FRAME_SECONDS = 0.02


@functools.cache
def _burst(sample_rate: int) -> bytes:
    time = np.arange(int(sample_rate * _ON_SECONDS)) / sample_rate
    wave = _LEVEL * np.sin(2 * np.pi * _HERTZ * time)
    return bytes((wave * 32767).astype("<i2").tobytes())


async def ring_back(link: MediaLink) -> None:
    """Play the tone until cancelled."""
    burst, size = _burst(link.sample_rate), int(link.sample_rate * _FRAME_SECONDS) * 2
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        for start in range(0, len(burst), size):
            await link.send(burst[start : start + size])
            due += _FRAME_SECONDS
            await asyncio.sleep(max(0.0, due - loop.time()))
        due += _OFF_SECONDS
        await asyncio.sleep(max(0.0, due - loop.time()))
