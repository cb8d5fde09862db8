"""Hold music, made by arithmetic: slow plucked chords of a pentatonic scale, free of licences."""

from __future__ import annotations

import functools

import numpy as np

_BAR_SECONDS = 2.4
_NOTES_A_BAR = 4
_LEVEL = 0.12
_RING_SECONDS = 1.8
_HARMONICS = ((1, 1.0), (2, 0.35), (3, 0.12))
# D major pentatonic in semitones from A4, bar by bar: a bass note and three above it.
_BARS = (
    (-19, -7, -3, 0),
    (-22, -10, -7, -3),
    (-24, -5, -3, 2),
    (-19, -7, 0, 5),
    (-17, -5, 0, 2),
    (-22, -10, -3, 0),
    (-24, -12, -5, -3),
    (-19, -12, -7, -3),
)


@functools.cache
def hold_music(sample_rate: int) -> bytes:
    """Return about 19 s of s16le that may be repeated without a seam."""
    step = int(sample_rate * _BAR_SECONDS / _NOTES_A_BAR)
    total = np.zeros(step * _NOTES_A_BAR * len(_BARS))
    time = np.arange(int(sample_rate * _RING_SECONDS)) / sample_rate
    fade = np.minimum(time / 0.01, 1.0) * np.exp(-2.2 * time)
    fade *= np.minimum((_RING_SECONDS - time) / 0.05, 1.0)
    for number, semitones in enumerate(note for bar in _BARS for note in bar):
        hertz = 440.0 * 2.0 ** (semitones / 12)
        note = sum(
            share * np.sin(2 * np.pi * hertz * multiple * time) for multiple, share in _HARMONICS
        )
        # What rings beyond the end sounds on at the beginning.
        places = (number * step + np.arange(len(time))) % len(total)
        total[places] += note * fade
    return bytes((total / np.abs(total).max() * _LEVEL * 32767).astype("<i2").tobytes())
