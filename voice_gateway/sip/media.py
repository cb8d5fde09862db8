"""The audio of a SIP call at the rate of the voice link."""

from __future__ import annotations

from collections import deque
from typing import Protocol

from baresip import AudioInfo, AudioNotActive, AudioRestarted, AudioStats

from voice_gateway.pipeline.resampling import LiveResampler

RATE = 8_000
"""Of the voice link, Hz; wideband codecs are resampled."""
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
        self._up: LiveResampler | None = None
        self._down: LiveResampler | None = None
        self._bound = False
        self._flushing: int | None = None

    def read(self) -> bytes:
        """Return what has arrived since the last time."""
        try:
            self._bind()
            pcm = self._audio.read(_AT_ONCE)
        except (AudioNotActive, AudioRestarted):
            self._bound = False
            return b""
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
            self._bind()
            if self._flushing is not None and self._is_flushing(self._flushing):
                return
            while self._waiting:
                pcm = self._waiting.popleft()
                self._waiting_bytes -= len(pcm)
                sent = self._down.convert(pcm) if self._down is not None else pcm
                taken = self._audio.write(sent) if sent else 0
                if taken < len(sent):
                    # Of a resampled piece the rest is lost; it takes two seconds too many to happen.
                    rest = pcm[taken:] if self._down is None else b""
                    self._waiting.appendleft(rest)
                    self._waiting_bytes += len(rest)
                    return
        except (AudioNotActive, AudioRestarted):
            self._bound = False

    def clear(self) -> None:
        """Drop speech that has not been sent."""
        self._waiting.clear()
        self._waiting_bytes = 0
        try:
            stats = self._audio.stats()
            if stats.tx_buffered and self._flushing is None:
                self._audio.flush_tx()
                self._flushing = stats.tx_flushed_bytes
        except (AudioNotActive, AudioRestarted):
            self._bound = False

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
        queued: float = info.tx_buffered / 2 / (info.tx_sample_rate or RATE)
        return queued + self._waiting_bytes / 2 / RATE

    def _bind(self) -> None:
        """Look at the rates when media has started or was negotiated again."""
        if self._bound:
            return
        info = self._audio.info()
        if not (info.rx_ready and info.tx_ready):
            raise AudioNotActive("not yet")
        up, down = info.rx_sample_rate, info.tx_sample_rate
        self._flushing = None
        self._up = LiveResampler(up, RATE) if up != RATE else None
        self._down = LiveResampler(RATE, down) if down != RATE else None
        self._bound = True
