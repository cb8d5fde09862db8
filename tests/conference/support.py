"""A gateway and a desk in one process, and people who sound at one pitch each."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import numpy as np
from aiohttp import web

from bot.language.emergency import EmergencySpotter
from tests.support.stores import Stores
from voice_gateway.app import build_app
from voice_gateway.dialogue.client import DialogueClient
from voice_gateway.emergency.spool import EmergencySpool
from voice_gateway.services import Services
from voice_gateway.speech.recognition.base import Recognition
from voice_gateway.speech.recognition.prompts import DomainPrompts
from voice_gateway.speech.synthesis.base import VOICE_RATE, VoiceSource
from voice_gateway.speech.synthesis.breaker import CircuitBreaker
from voice_gateway.speech.synthesis.cache import SentenceCache
from voice_gateway.speech.synthesis.speaker import Speaker
from zhiban.community import load_community
from zhiban.community.required_phrases import PROTECTED_PHRASES
from zhiban.community.roster import roster_of
from zhiban.settings import Settings

BOT_HZ = 3100.0
CALLER_HZ = 530.0
OWNER_HZ = 910.0
GUEST_HZ = 1370.0
LISTENER_HZ = 2290.0
COACH_HZ = 1810.0
LOUD = 0.1
"""A voice at this share of full scale or more is heard; music and noise stay far below."""
_FRAME_SECONDS = 0.02
_TONE_LEVEL = 0.3


class ToneVoice:
    """Speaks every text as one tone, 40 ms a character."""

    name = "tone"
    source = VoiceSource.PACKAGED

    async def stream(self, text: str, rate: float) -> AsyncIterator[bytes]:
        """Yield the tone."""
        yield tone(BOT_HZ, 0.04 * len(text), VOICE_RATE)


class Deaf:
    """A recogniser that never understands anything."""

    name = "deaf"
    streaming = False

    def open(self, sample_rate: int) -> Deaf:
        """Return itself: there is nothing to keep apart."""
        return self

    def begin(self, hint: str) -> None:
        """Nothing begins."""

    async def feed(self, pcm16: bytes) -> None:
        """Nothing is kept."""

    async def partial(self) -> Recognition | None:
        """Nothing is new."""
        return None

    async def final(self) -> Recognition:
        """Return no words."""
        return Recognition("", 0.0, 1.0, (), self.name, 0.0, 0.0)

    def discard(self) -> None:
        """Nothing was kept."""

    async def warm_up(self) -> None:
        """Nothing to load."""

    def close(self) -> None:
        """Nothing to stop."""


async def gateway_services(stores: Stores, settings: Settings, dialogue: str) -> Services:
    """Return services over the test's stores, with a voice of tones whose sentences are ready."""
    community = load_community(settings.site_dir)
    speaker = Speaker(
        SentenceCache(stores.folder / "speech-cache"), ToneVoice(), None, CircuitBreaker(3, 30), 220
    )
    await speaker.prepare(community.phrase(key) for key in PROTECTED_PHRASES)
    return Services(
        settings=settings,
        community=community,
        roster=roster_of(community),
        redis=stores.redis,
        engine=stores.engine,
        timeline=stores.timeline,
        tickets=stores.tickets,
        ledger=stores.ledger,
        dialogue=DialogueClient(dialogue),
        spotter=EmergencySpotter(),
        recogniser=Deaf(),
        speaker=speaker,
        prompts=DomainPrompts(community),
        spool=EmergencySpool(settings.data_dir / "spool" / "emergencies"),
    )


@asynccontextmanager
async def open_gateway(settings: Settings, services: Services) -> AsyncIterator[str]:
    """Run a gateway at the settings' port and give its address."""
    runner = web.AppRunner(build_app(settings, services), shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, settings.host, settings.gateway_port).start()
    try:
        yield settings.gateway_url
    finally:
        await runner.cleanup()


class Line:
    """A person at the other end of an audio address: sends one tone, keeps what is heard."""

    def __init__(self, hz: float, sample_rate: int = 16_000) -> None:
        self.hz = hz
        self.sample_rate = sample_rate
        self.heard = bytearray()
        self.notes: list[dict[str, Any]] = []
        self._http = aiohttp.ClientSession()
        self._changed = asyncio.Condition()
        self._tasks: list[asyncio.Task[None]] = []
        self._socket: aiohttp.ClientWebSocketResponse | None = None

    async def join(self, url: str, start: dict[str, Any] | None = None) -> None:
        """Connect and begin to sound."""
        self._socket = await self._http.ws_connect(url, max_msg_size=0)
        if start is not None:
            await self.tell(start)
        self._tasks = [asyncio.create_task(self._send()), asyncio.create_task(self._read())]

    async def tell(self, message: dict[str, Any]) -> None:
        """Send a control message."""
        assert self._socket is not None
        await self._socket.send_json(message)

    async def say(self, text: str) -> None:
        """Say words by typing them: they go the way of recognised ones."""
        await self.tell({"type": "say", "text": text})

    async def noted(self, kind: str) -> dict[str, Any]:
        """Wait for a control message of a type and return it."""
        async with self._changed:
            await self._changed.wait_for(lambda: any(n["type"] == kind for n in self.notes))
        return next(note for note in self.notes if note["type"] == kind)

    async def event(self, name: str, after: int = 0) -> dict[str, Any]:
        """Wait for a timeline event and return its data."""

        def found() -> list[dict[str, Any]]:
            return [n["data"] for n in self.notes[after:] if n.get("name") == name]

        async with self._changed:
            await self._changed.wait_for(found)
        return found()[-1]

    def names(self) -> list[str]:
        """Return the names of the timeline events so far."""
        return [note["name"] for note in self.notes if note["type"] == "event"]

    async def break_off(self) -> None:
        """Lose the network: no good-bye."""
        assert self._socket is not None
        for task in self._tasks:
            task.cancel()
        self._socket.get_extra_info("socket").shutdown(socket.SHUT_RDWR)

    async def close(self) -> None:
        """Hang up."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._http.close()

    async def newest(self, seconds: float) -> np.ndarray:
        """Return what is heard in the coming seconds, silence where nothing comes."""
        before = len(self.heard)
        await asyncio.sleep(seconds)  # listening takes its time
        wanted = int(seconds * self.sample_rate)
        raw = bytes(self.heard[before:])[: wanted * 2]
        return np.frombuffer(raw.ljust(wanted * 2, b"\0"), dtype="<i2") / 32_768

    async def _send(self) -> None:
        assert self._socket is not None
        loop = asyncio.get_running_loop()
        size = int(self.sample_rate * _FRAME_SECONDS) * 2
        sound = tone(self.hz, 1.0, self.sample_rate)  # whole periods: repeats without a seam
        due, place = loop.time(), 0
        while not self._socket.closed:
            await self._socket.send_bytes(sound[place : place + size])
            place = (place + size) % len(sound)
            due += _FRAME_SECONDS
            await asyncio.sleep(max(0.0, due - loop.time()))  # a voice comes in real time

    async def _read(self) -> None:
        assert self._socket is not None
        async for message in self._socket:
            if message.type is aiohttp.WSMsgType.BINARY:
                self.heard += message.data
            elif message.type is aiohttp.WSMsgType.TEXT:
                note = json.loads(message.data)
                async with self._changed:
                    self.notes.append(note)
                    self._changed.notify_all()


def tone(hz: float, seconds: float, rate: int) -> bytes:
    """Return a sine as s16le."""
    time = np.arange(int(seconds * rate)) / rate
    return (_TONE_LEVEL * 32_767 * np.sin(2 * np.pi * hz * time)).astype("<i2").tobytes()


def pitches(sound: np.ndarray, rate: int, candidates: dict[str, float]) -> set[str]:
    """Return whose tone is in a sound."""
    window = np.hanning(len(sound))
    spectrum = np.abs(np.fft.rfft(sound * window)) / (window.sum() / 2)
    found = set()
    for name, hz in candidates.items():
        place = round(hz * len(sound) / rate)
        if spectrum[max(0, place - 3) : place + 4].max() > LOUD:
            found.add(name)
    return found


def loudness(sound: np.ndarray) -> float:
    """Return the root of the mean square."""
    return float(np.sqrt(np.mean(sound**2)))
