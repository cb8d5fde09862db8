"""The audio of a SIP call at the rate of the voice link."""

from __future__ import annotations

from collections import deque
from typing import Protocol

import numpy as np
from baresip import AudioInfo, AudioNotActive, AudioRestarted, AudioStats

from voice_gateway.pipeline.resampling import LiveResampler

RATE = 8_000
"""Of the voice link, Hz; other codecs are resampled."""
FRAME_SECONDS = 0.02
FRAME_BYTES = int(RATE * FRAME_SECONDS) * 2
_LONGEST_WAITING = 2 * RATE * 2
"""Bytes that may wait for room in the stack's buffer, which itself holds two seconds."""
_AT_ONCE = 32_768


class Audio(Protocol):
    """What the stack offers of a call's audio."""

    def info(self) -> AudioInfo:
        """Tell rates and fill."""
        ...

    def read(self, max_bytes: int) -> bytes:
        """Take what has been received."""
        ...

    def write(self, pcm: bytes) -> int:
        """Queue what is to be sent; return how many bytes were taken."""
        ...

    def stats(self) -> AudioStats:
        """Count."""
        ...

    def flush_tx(self) -> None:
        """Drop what is queued."""
        ...


class SipMedia:
    """Reads and writes mono s16le at 8 kHz, whatever the codec and however it changes.

    Args:
        audio: of one call.
    """

    def __init__(self, audio: Audio) -> None:
        self._audio = audio
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._rest = b""
        self._up: LiveResampler | None = None
        self._down: LiveResampler | None = None
        self._up_channels = 1
        self._down_channels = 1
        self._hearing = False
        self._speaking = False
        self._flushing: int | None = None

    def read(self) -> bytes:
        """Return what has arrived since the last time."""
        try:
            if not self._can_hear():
                return b""
            pcm = self._audio.read(_AT_ONCE)
        except (AudioNotActive, AudioRestarted):
            self._begin_again()
            return b""
        pcm = _mixed(pcm, self._up_channels)
        return self._up.convert(pcm) if self._up is not None and pcm else pcm

    def write(self, pcm: bytes) -> None:
        """Send speech; what finds no room waits, and the oldest goes where too much waits."""
        self._waiting.append(pcm)
        self._waiting_bytes += len(pcm)
        while self._waiting_bytes > _LONGEST_WAITING:
            self._waiting_bytes -= len(self._waiting.popleft())
        self.push()

    def push(self) -> None:
        """Hand waiting speech to the stack as far as there is room."""
        try:
            if not self._can_speak():
                return
            if self._flushing is not None and self._is_flushing(self._flushing):
                return
            while self._rest or self._waiting:
                if not self._rest:
                    pcm = self._waiting.popleft()
                    self._waiting_bytes -= len(pcm)
                    down = self._down.convert(pcm) if self._down is not None else pcm
                    self._rest = _spread(down, self._down_channels)
                if self._rest:
                    self._rest = self._rest[self._audio.write(self._rest) :]
                    if self._rest:
                        return
        except (AudioNotActive, AudioRestarted):
            self._begin_again()

    def clear(self) -> None:
        """Drop speech that has not been sent."""
        self._waiting.clear()
        self._waiting_bytes = 0
        self._rest = b""
        try:
            stats = self._audio.stats()
            if stats.tx_buffered and self._flushing is None:
                self._audio.flush_tx()
                self._flushing = stats.tx_flushed_bytes
        except (AudioNotActive, AudioRestarted):
            self._begin_again()

    def _is_flushing(self, flushed_before: int) -> bool:
        """The stack flushes at its next packet; what is written before goes with the rest."""
        stats = self._audio.stats()
        if stats.tx_buffered and stats.tx_flushed_bytes == flushed_before:
            return True
        self._flushing = None
        return False

    @property
    def unsent_seconds(self) -> float:
        """How much speech has not been sent."""
        try:
            info = self._audio.info()
        except AudioNotActive:
            return 0.0
        bytes_a_second = 2 * (info.tx_channels or 1) * (info.tx_sample_rate or RATE)
        queued: float = (info.tx_buffered + len(self._rest)) / bytes_a_second
        return queued + self._waiting_bytes / 2 / RATE

    def _can_hear(self) -> bool:
        """Look at the format when media has started or was negotiated again.

        Each way by itself: a line may be one-way by negotiation.
        """
        if not self._hearing:
            info = self._audio.info()
            self._hearing = info.rx_ready
            rate = info.rx_sample_rate
            self._up = LiveResampler(rate, RATE) if info.rx_ready and rate != RATE else None
            self._up_channels = info.rx_channels
        return self._hearing

    def _can_speak(self) -> bool:
        if not self._speaking:
            info = self._audio.info()
            self._speaking = info.tx_ready
            rate = info.tx_sample_rate
            self._down = LiveResampler(RATE, rate) if info.tx_ready and rate != RATE else None
            self._down_channels = info.tx_channels
            self._flushing = None
            self._rest = b""
        return self._speaking

    def _begin_again(self) -> None:
        self._hearing = self._speaking = False


def _mixed(pcm: bytes, channels: int) -> bytes:
    """Return interleaved s16le as mono: Opus is always two channels."""
    if channels == 1:
        return pcm
    samples = np.frombuffer(pcm, dtype="<i2").reshape(-1, channels)
    return bytes(samples.mean(axis=1).astype("<i2").tobytes())


def _spread(pcm: bytes, channels: int) -> bytes:
    """Return mono s16le on each of several channels."""
    if channels == 1:
        return pcm
    return bytes(np.repeat(np.frombuffer(pcm, dtype="<i2"), channels).tobytes())
