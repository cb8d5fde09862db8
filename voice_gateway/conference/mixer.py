"""Adds up several speakers for one listener, 20 ms at a time, with soft limiting."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

import numpy as np
import numpy.typing as npt

FRAME_SECONDS = 0.02
_PREFILL_FRAMES = 1
_LONGEST_FRAMES = 5
_SHRINK_FRAMES = 50
_KNEE = 0.7
"""Up to this share of full scale nothing is changed; above, peaks bend instead of breaking."""

Samples = npt.NDArray[np.float64]


class Mixer:
    """What one listener hears of several speakers.

    Each speaker has a short buffer: after it ran dry it is filled by one frame before it is
    heard again. What is more than 100 ms behind is dropped; what a stall left in it, a frame a
    second while none of it is needed.

    Args:
        sample_rate: Hz of the listener; speech is put in at this rate.
    """

    def __init__(self, sample_rate: int) -> None:
        self._frame = int(sample_rate * FRAME_SECONDS) * 2
        self._waiting: dict[Hashable, bytearray] = {}
        self._flowing: set[Hashable] = set()
        self._spare: dict[Hashable, int] = {}
        self._pulls = 0

    def keep(self, speakers: Iterable[Hashable]) -> None:
        """Forget everybody else."""
        wanted = set(speakers)
        self._flowing &= wanted
        self._waiting = {who: pcm for who, pcm in self._waiting.items() if who in wanted}

    def put(self, speaker: Hashable, pcm: bytes) -> None:
        """Add live speech of one speaker."""
        waiting = self._waiting.setdefault(speaker, bytearray())
        waiting += pcm
        late = len(waiting) - _LONGEST_FRAMES * self._frame
        if late > 0:
            del waiting[: late + late % 2]

    def pull(self) -> bytes | None:
        """Return the next 20 ms, None while nobody has anything to say."""
        parts = []
        self._pulls += 1
        if self._pulls % _SHRINK_FRAMES == 0:
            self._shrink()
        for speaker, waiting in self._waiting.items():
            enough = self._frame * (1 if speaker in self._flowing else 1 + _PREFILL_FRAMES)
            if len(waiting) < enough:
                self._flowing.discard(speaker)
                continue
            self._flowing.add(speaker)
            parts.append(bytes(waiting[: self._frame]))
            del waiting[: self._frame]
            self._spare[speaker] = min(self._spare.get(speaker, len(waiting)), len(waiting))
        if len(parts) < 2:
            return parts[0] if parts else None
        return mix(parts)

    def _shrink(self) -> None:
        """Drop a frame of whoever had more than one to spare all the time."""
        for speaker, spare in self._spare.items():
            if spare > self._frame and speaker in self._waiting:
                del self._waiting[speaker][: self._frame]
        self._spare.clear()


def mix(parts: Iterable[bytes]) -> bytes:
    """Return the sum of s16le pieces of equal length, softly limited."""
    total = sum(np.frombuffer(part, dtype="<i2").astype(np.float64) for part in parts)
    return bytes((limit(np.asarray(total) / 32768.0) * 32767.0).astype("<i2").tobytes())


def limit(samples: Samples) -> Samples:
    """Return samples within -1…1; those within the knee are returned as they are."""
    loud = np.abs(samples)
    over = np.maximum(loud - _KNEE, 0.0) / (1.0 - _KNEE)
    bent: Samples = np.where(
        loud <= _KNEE, samples, np.sign(samples) * (_KNEE + (1.0 - _KNEE) * np.tanh(over))
    )
    return bent
