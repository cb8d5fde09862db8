"""Telephone audio made ready for recognition."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import soxr

ENGINE_RATE = 16000
"""Hz; what both engines were trained on."""

Samples = npt.NDArray[np.float32]

_FRAME = ENGINE_RATE // 50  # 20 ms
_SILENCE_DBFS = -52.0


def check_rate(sample_rate: int) -> None:
    """Raise ValueError for a rate that links do not use."""
    if sample_rate not in (8000, ENGINE_RATE):
        raise ValueError(f"sample rate must be 8000 or 16000 Hz, not {sample_rate}")


def to_samples(pcm16: bytes, sample_rate: int) -> Samples:
    """Return mono s16le audio as floats (-1 to 1) at 16 kHz, resampled in one piece.

    One-shot resampling has no delay; a streaming resampler would hold back tens of milliseconds.
    """
    samples = np.frombuffer(pcm16, dtype="<i2").astype(np.float32) / 32768.0
    if sample_rate != ENGINE_RATE and samples.size:
        samples = soxr.resample(samples, sample_rate, ENGINE_RATE, quality="HQ")
    return np.asarray(samples, dtype=np.float32)


def to_pcm16(samples: Samples) -> bytes:
    """Return floats (-1 to 1) as s16le."""
    return (np.clip(samples, -1.0, 1.0) * 32767.0).astype("<i2").tobytes()


def frame_levels(samples: Samples) -> Samples:
    """Return the level of each whole 20 ms frame at 16 kHz, in dBFS (at least -100)."""
    count = samples.size // _FRAME
    if count == 0:
        return np.zeros(0, dtype=np.float32)
    frames = samples[: count * _FRAME].reshape(count, _FRAME)
    power = np.mean(np.square(frames), axis=1)
    return np.asarray(10.0 * np.log10(np.maximum(power, 1e-10)), dtype=np.float32)


def voiced_ms(samples: Samples) -> float:
    """Return how many milliseconds stand out: over a quiet line and near the loud parts."""
    levels = frame_levels(samples)
    if levels.size == 0:
        return 0.0
    floor = max(_SILENCE_DBFS, float(np.percentile(levels, 95)) - 30.0)
    return float(np.count_nonzero(levels > floor)) * 20.0


def is_quiet_after(samples: Samples, start: int) -> bool:
    """Whether everything from sample `start` on is silence, measured against what came before.

    Quiet is 25 dB under the loud parts, or under -52 dBFS: the caller's breath and line noise
    stay below, a syllable does not.
    """
    tail = frame_levels(samples[start:])
    if tail.size == 0:
        return True
    head = frame_levels(samples[:start])
    loud = float(np.percentile(head, 90)) if head.size else 0.0
    return bool(np.max(tail) < max(_SILENCE_DBFS, loud - 25.0))


class Doubler:
    """Upsamples a stream from 8 to 16 kHz with 1 ms of delay (half-band filter, 31 taps)."""

    def __init__(self) -> None:
        centre = np.arange(-15, 16)
        taps = np.sinc(centre / 2) * np.blackman(33)[1:-1]
        self._taps = (2 * taps / taps.sum()).astype(np.float32)
        self._tail = np.zeros(30, dtype=np.float32)

    def __call__(self, pcm16: bytes) -> bytes:
        """Return twice as many samples, s16le."""
        narrow = np.frombuffer(pcm16, dtype="<i2").astype(np.float32) / 32768.0
        wide = np.zeros(self._tail.size + narrow.size * 2, dtype=np.float32)
        wide[: self._tail.size] = self._tail
        wide[self._tail.size :: 2] = narrow
        self._tail = wide[-30:].copy()
        return to_pcm16(np.convolve(wide, self._taps, mode="valid").astype(np.float32))
