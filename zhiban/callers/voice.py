"""A caller who speaks: plays recordings in real time and keeps what is heard."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Self

import numpy as np
import soundfile
import soxr

from zhiban.callers.latency import TurnLatency
from zhiban.callers.socket import CallSocket, Event
from zhiban.errors import ErrorCode, ZhibanError

_FRAME_SECONDS = 0.02
_VOICED_PEAK = 400
"""Samples beyond this (of 32 767) count as voice; below are breath and quantisation."""


def read_speech(path: Path, sample_rate: int) -> bytes:
    """Return a sound file as mono s16le at the rate (Hz).

    Raises:
        ZhibanError: BAD_MESSAGE: the file is missing or no sound file.
    """
    try:
        samples, rate = soundfile.read(str(path), dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError) as error:
        raise ZhibanError(f"读不了 {path}：{error}", code=ErrorCode.BAD_MESSAGE) from error
    mono = samples.mean(axis=1)
    if rate != sample_rate:
        mono = soxr.resample(mono, rate, sample_rate)
    clipped = np.clip(mono, -1.0, 1.0)
    return bytes((clipped * 32767).astype("<i2").tobytes())


class VoiceCaller(CallSocket):
    """Speaks over the browser link, in real time, with silence between the turns.

    Args:
        gateway: base URL of the gateway.
        caller: calling number.
        token: machine-interface token, where one is needed.
        sample_rate: Hz, 8000 or 16000.
        on_event: gets every timeline event.
    """

    def __init__(
        self,
        gateway: str,
        *,
        caller: str = "",
        token: str = "",
        sample_rate: int = 16000,
        on_event: Callable[[Event], None] = lambda _event: None,
    ) -> None:
        super().__init__(
            gateway.replace("http", "ws", 1) + "/v1/voice",
            {"type": "start", "caller": caller, "sample_rate": sample_rate, "channel": "web"},
            token=token,
            on_event=on_event,
        )
        self.sample_rate = sample_rate
        self.heard = bytearray()
        self.first_heard_at: float | None = None
        self.last_voiced_at = 0.0
        self._frame_bytes = int(sample_rate * _FRAME_SECONDS) * 2
        self._waiting: deque[bytes] = deque()
        self._spoken = asyncio.Event()
        self._sender: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Dial and begin to send."""
        await super().__aenter__()
        self._sender = asyncio.create_task(self._send())
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Stop sending and hang up."""
        if self._sender is not None:
            self._sender.cancel()
            await asyncio.gather(self._sender, return_exceptions=True)
        await super().__aexit__(*exc)

    async def speak(self, pcm: bytes) -> None:
        """Say something; returns when its last sample has been sent."""
        self._spoken.clear()
        self.first_heard_at = None
        for start in range(0, len(pcm), self._frame_bytes):
            self._waiting.append(
                pcm[start : start + self._frame_bytes].ljust(self._frame_bytes, b"\0")
            )
        await self._spoken.wait()

    async def ask(self, name: str, pcm: bytes, seconds: float = 30.0) -> TurnLatency:
        """Say something, listen until the bot has finished, and tell how long it took."""
        done = self.turns_done
        await self.speak(pcm)
        await self.wait(lambda: self.first_heard_at is not None or bool(self.ended), seconds)
        await self.wait_turn(done, seconds)
        took = (
            None
            if self.first_heard_at is None
            else (self.first_heard_at - self.last_voiced_at) * 1000
        )
        return TurnLatency(name, took)

    def handle_binary(self, data: bytes) -> None:
        """Keep what is heard, and when its first voiced sample came."""
        self.heard.extend(data)
        if self.first_heard_at is None and _is_voiced(data):
            self.first_heard_at = asyncio.get_running_loop().time()

    async def _send(self) -> None:
        loop = asyncio.get_running_loop()
        silence = bytes(self._frame_bytes)
        due = loop.time()
        while not self.socket.closed:
            frame = self._waiting.popleft() if self._waiting else silence
            await self.socket.send_bytes(frame)
            if frame is not silence and _is_voiced(frame):
                self.last_voiced_at = loop.time()
                self.first_heard_at = None
            if not self._waiting:
                self._spoken.set()
            due += _FRAME_SECONDS
            await asyncio.sleep(max(0.0, due - loop.time()))


def _is_voiced(pcm: bytes) -> bool:
    samples = np.frombuffer(pcm[: len(pcm) // 2 * 2], dtype="<i2")
    return bool(samples.size) and int(np.abs(samples.astype(np.int32)).max()) > _VOICED_PEAK
