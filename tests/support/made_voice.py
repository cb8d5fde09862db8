"""A voice made by formula: no word in it, but voice activity detection takes it for speech."""

from __future__ import annotations

import numpy as np

_PITCH_HZ = 140.0
_VOWELS = ((700, 1200, 2500), (300, 2200, 3000), (350, 800, 2400), (500, 1700, 2500))
_WIDTHS_HZ = (80.0, 100.0, 150.0)
_SYLLABLE_SECONDS = 0.18
_LEVEL = 0.4


def made_voice(seconds: float, rate: int) -> bytes:
    """Return syllables of changing vowels, mono s16le.

    Args:
        seconds: how long.
        rate: Hz.
    """
    time = np.arange(int(seconds * rate)) / rate
    pitch = _PITCH_HZ + 25 * np.sin(2 * np.pi * 2.5 * time)
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    sound = np.zeros(len(time))
    size = int(_SYLLABLE_SECONDS * rate)
    for number, start in enumerate(range(0, len(time), size)):
        part = slice(start, start + size)
        voiced = sum(
            _loudness(harmonic * _PITCH_HZ, _VOWELS[number % 4]) * np.sin(harmonic * phase[part])
            for harmonic in range(1, int(rate / 2 / (_PITCH_HZ + 30)))
        )
        sound[part] = voiced * np.hanning(len(voiced)) ** 0.3
    return (_LEVEL * 32_767 * sound / np.abs(sound).max()).astype("<i2").tobytes()


def _loudness(hz: float, formants: tuple[int, ...]) -> float:
    """Return how much of a harmonic the vowel lets through."""
    through = sum(
        abs(width / complex(width, 2 * (hz - formant)))
        for formant, width in zip(formants, _WIDTHS_HZ, strict=True)
    )
    return float(through / (1 + hz / 500))
