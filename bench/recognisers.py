"""Recognisers alone: how long after the last sample the words are there, fed in real time."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from bench.report import Distribution
from tests.support.house import House
from tests.support.speech import pcm, speak
from voice_gateway.speech.recognition.base import Recogniser, RecogniserSession, Recognition
from voice_gateway.speech.recognition.factory import open_recogniser
from voice_gateway.speech.recognition.prompts import DomainPrompts
from zhiban.community import load_community
from zhiban.models import choose_recogniser

_LINES = (
    "物业费怎么收的",
    "我家厨房水管漏水你们派个人来修一下",
    "五栋二单元一零零一",
    "电梯里困人了快来人",
    "停车费一个月多少钱",
    "我要投诉楼上装修太吵",
    "明天下午三点以后在家",
    "转人工",
)
_RATE = 16000
_CHUNK_SECONDS = 0.1
_PARTIAL_EVERY = 3
_QUIET_SECONDS = 0.2


async def measure_recognisers(house: House) -> list[Distribution]:
    """Return the distribution of each engine whose model is at hand.

    ``ZHIBAN_BENCH_VOSK`` names the folder of a Vosk model, of any language: its speed does not
    depend on understanding.
    """
    vosk = os.environ.get("ZHIBAN_BENCH_VOSK")
    folders: list[tuple[str, Path | None]] = [("whisper", None)]
    if vosk:
        folders.append(("vosk", Path(vosk)))
    hint = DomainPrompts(load_community(house.settings.site_dir)).hint("open")
    speech = [pcm(await speak(house.settings.voice, line)) for line in _LINES]
    found = []
    for engine, folder in folders:
        choice = choose_recogniser(house.settings.models_dir, engine, vosk_dir=folder)
        recogniser = open_recogniser(choice)
        await recogniser.warm_up()
        values = [await _one(recogniser, hint, clip) for clip in speech]
        recogniser.close()
        name = f"recogniser alone, {recogniser.name}: voice stop to words"
        found.append(Distribution(name, values, None, None))
    return found


async def _one(recogniser: Recogniser, hint: str, clip: bytes) -> float:
    """Return ms from the moment the voice is known to have stopped to the final words."""
    loop = asyncio.get_running_loop()
    session = recogniser.open(_RATE)
    session.begin(hint)
    step = int(_RATE * _CHUNK_SECONDS) * 2
    due = loop.time()
    partial: asyncio.Task[Recognition | None] | None = None
    for number, start in enumerate(range(0, len(clip), step)):
        await session.feed(clip[start : start + step])
        if number % _PARTIAL_EVERY == 0 and (partial is None or partial.done()):
            partial = asyncio.create_task(_partial(session))
        due += _CHUNK_SECONDS
        await asyncio.sleep(max(0.0, due - loop.time()))
    await session.feed(bytes(int(_RATE * _QUIET_SECONDS) * 2))
    stopped = loop.time()
    await session.final()
    took = (loop.time() - stopped) * 1000
    if partial is not None:
        await partial
    session.discard()
    return took


async def _partial(session: RecogniserSession) -> Recognition | None:
    return await session.partial()
