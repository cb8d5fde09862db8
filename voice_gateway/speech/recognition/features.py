"""Whisper's input: padding with soft noise, log-mel, a window shorter than 30 s."""

from __future__ import annotations

import numpy as np
from faster_whisper.feature_extractor import FeatureExtractor

from voice_gateway.speech.recognition.audio import ENGINE_RATE, Samples

HOP = 160
"""Samples of 16 kHz a mel frame: 10 ms."""

_LEAD = int(0.2 * ENGINE_RATE)
_TRAIL = int(0.4 * ENGINE_RATE)
_NOISE = 10 ** (-58 / 20)  # RMS relative to full scale
_TARGET_RMS = 0.1
_MIN_FRAMES = 1000
_MAX_FRAMES = 3000

# One fixed block, so that the same audio always gives the same text.
_NOISE_BLOCK: Samples = (
    np.random.default_rng(20).standard_normal(31 * ENGINE_RATE) * _NOISE
).astype(np.float32)


class MelWindow:
    """Turns an utterance into the encoder's input.

    Digital silence around a short utterance makes Whisper stop early or invent words; a level
    like a telephone line's does not (measured: one error in four fewer). The window is 10 s
    unless the utterance is longer: a third of the work of the usual 30 s with the same text.
    """

    def __init__(self) -> None:
        self._extract = FeatureExtractor()

    def __call__(self, samples: Samples) -> Samples:
        """Return log-mel features of shape (1, 80, frames) for up to 29 s of 16 kHz samples."""
        level = float(np.sqrt(np.mean(np.square(samples)))) if samples.size else 0.0
        gain = _TARGET_RMS / level if level > 1e-4 else 1.0
        gain = min(gain, 10.0)
        padded = np.zeros(_LEAD + samples.size + _TRAIL, dtype=np.float32)
        padded[_LEAD : _LEAD + samples.size] = samples * gain
        padded += _NOISE_BLOCK[: padded.size]
        frames = max(_MIN_FRAMES, padded.size // HOP + 50)
        frames = min(frames + frames % 2, _MAX_FRAMES)
        mel = np.asarray(self._extract(padded), dtype=np.float32)[:, :frames]
        if mel.shape[1] < frames:
            mel = np.pad(mel, ((0, 0), (0, frames - mel.shape[1])), constant_values=mel.min())
        return np.ascontiguousarray(mel[None])
