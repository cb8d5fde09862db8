"""Mandarin speech for callers made by program, from the packaged voice."""

from __future__ import annotations

import aiohttp
import numpy as np
import numpy.typing as npt
import soxr

from bot.language.pinyin import sounds_of

_VOICE_RATE = 24000
_MARGIN = 3200
_PIECE = 8000
_VOICED = 1e-4
_SAME = 0.9
Samples = npt.NDArray[np.float32]


async def speak(voice_url: str, text: str, *, rate: float = 220.0) -> Samples:
    """Return a text as 16 kHz samples, -1…1.

    Args:
        voice_url: base URL of the packaged voice.
        text: what to say.
        rate: characters a minute.
    """
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{voice_url}/synthesise", json={"text": text, "rate": rate}) as answer,
    ):
        answer.raise_for_status()
        raw = await answer.read()
    samples = np.frombuffer(raw, dtype="<i2").astype(np.float32) / 32768
    resampled: Samples = soxr.resample(samples, _VOICE_RATE, 16000)
    return resampled


def pcm(samples: Samples) -> bytes:
    """Return samples as s16le."""
    return bytes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


def samples_of(raw: bytes) -> Samples:
    """Return s16le as samples."""
    return np.frombuffer(raw[: len(raw) // 2 * 2], dtype="<i2").astype(np.float32) / 32768


def correlation(heard: Samples, sent: Samples) -> float:
    """Return the highest normalised correlation of ``sent`` with any stretch of ``heard``.

    What is missing at either end counts by its share of the energy, up to 200 ms: who speaks at
    the very moment a line is joined may lose a frame, and that is no other sound.
    """
    heard = np.pad(heard, _MARGIN)
    size = 1 << (len(heard) + len(sent)).bit_length()
    product = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(sent, size)), size)
    product = product[: max(1, len(heard) - len(sent) + 1)]
    total = np.concatenate([[0.0], np.cumsum(heard.astype(np.float64) ** 2)])
    energy = total[len(sent) :] - total[: -len(sent)]
    norm = np.sqrt(np.maximum(energy[: len(product)], 1e-9) * float((sent**2).sum()))
    return float((product / norm).max())


def share_heard(heard: Samples, sent: Samples) -> float:
    """Return the share (0…1) of the half seconds of ``sent`` that are in ``heard`` as they were.

    On a machine that stands still for a moment a pause may come into the talk: what follows is
    later then, and no less whole.
    """
    pieces = [sent[at : at + _PIECE] for at in range(0, len(sent) - _PIECE + 1, _PIECE)]
    voiced = [piece for piece in pieces if float((piece**2).mean()) > _VOICED]
    found = [piece for piece in voiced if correlation(heard, piece) > _SAME]
    return len(found) / len(voiced)


def sound_likeness(one: str, other: str) -> float:
    """Return the share of syllables of ``one`` found in order in ``other`` (0…1), tones aside."""
    left, right = _syllables(one), _syllables(other)
    if not left:
        return 0.0
    previous = [0] * (len(right) + 1)
    for a in left:
        current = [0]
        for j, b in enumerate(right):
            current.append(previous[j] + 1 if a == b else max(previous[j + 1], current[j]))
        previous = current
    return previous[-1] / len(left)


def _syllables(text: str) -> list[str]:
    sounds = sounds_of(text)
    return [syllable for syllable in sounds.syllables if syllable.isalpha()]
