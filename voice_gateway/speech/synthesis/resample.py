"""From a voice's 24 kHz to a link's rate, as a stream."""

from __future__ import annotations

import av
import numpy as np

from voice_gateway.speech.synthesis.base import VOICE_RATE


class Resampler:
    """Resamples mono s16le from 24 kHz; holds back about 2 ms.

    Args:
        target: Hz.
    """

    def __init__(self, target: int) -> None:
        self._inner = (
            None
            if target == VOICE_RATE
            else av.AudioResampler(format="s16", layout="mono", rate=target)
        )
        self._odd = b""

    def __call__(self, pcm: bytes) -> bytes:
        """Return what is ready of the audio given so far."""
        pcm = self._odd + pcm
        self._odd = pcm[len(pcm) & ~1 :]
        pcm = pcm[: len(pcm) & ~1]
        if self._inner is None or not pcm:
            return pcm
        frame = av.AudioFrame.from_ndarray(
            np.frombuffer(pcm, dtype="<i2").reshape(1, -1), format="s16", layout="mono"
        )
        frame.sample_rate = VOICE_RATE
        return b"".join(_bytes(out) for out in self._inner.resample(frame))

    def flush(self) -> bytes:
        """Return what was held back."""
        if self._inner is None:
            return b""
        return b"".join(_bytes(out) for out in self._inner.resample(None))


def convert(pcm: bytes, target: int) -> bytes:
    """Return a whole piece of 24 kHz audio at another rate."""
    resampler = Resampler(target)
    return resampler(pcm) + resampler.flush()


def _bytes(frame: av.AudioFrame) -> bytes:
    return np.asarray(frame.to_ndarray(), dtype="<i2").tobytes()
