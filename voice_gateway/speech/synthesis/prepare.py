"""Fixed sentences, rendered before the first call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from voice_gateway.speech.synthesis.base import SpeechUnavailable, Voice
from voice_gateway.speech.synthesis.cache import RATES, SentenceCache
from voice_gateway.speech.synthesis.resample import convert

Told = Callable[[int, int], None]
"""Told ``(sentences done, sentences in all)``."""


def _silent(done: int, total: int) -> None:
    """Tell nobody."""


def missing(
    cache: SentenceCache, voices: Iterable[str], rate: float, sentences: Iterable[str]
) -> tuple[str, ...]:
    """Return the fixed sentences that no voice has in the cache; () when ready for calls."""
    names = tuple(voices)
    return tuple(
        text
        for text in dict.fromkeys(sentences)
        if not any(cache.has_pinned(name, rate, text) for name in names)
    )


async def prepare(
    cache: SentenceCache,
    voices: Sequence[Voice],
    rate: float,
    sentences: Iterable[str],
    told: Told = _silent,
) -> None:
    """Render the fixed sentences that are missing, each with the first voice that can.

    A voice that fails once is left out for the rest.

    Can be broken off and run again: sentences already there are not rendered twice.

    Args:
        cache: where they go.
        voices: in order of preference.
        rate: characters a minute.
        sentences: the fixed ones.
        told: progress.

    Raises:
        SpeechUnavailable: a sentence that no voice could speak.
        OSError: the disk is full.
    """
    texts = tuple(dict.fromkeys(sentences))
    wanted = missing(cache, (voice.name for voice in voices), rate, texts)
    done = len(texts) - len(wanted)
    told(done, len(texts))
    left = list(voices)
    for text in wanted:
        voice, pcm = await _render(left, text, rate)
        # One that failed is not waited for again: set-up is not the time to be patient.
        del left[: left.index(voice)]
        for hertz in RATES:
            cache.put(voice.name, rate, hertz, text, convert(pcm, hertz), pinned=True)
        done += 1
        told(done, len(texts))


async def _render(voices: Sequence[Voice], text: str, rate: float) -> tuple[Voice, bytes]:
    failure: SpeechUnavailable | None = None
    for voice in voices:
        try:
            pcm = b"".join([chunk async for chunk in voice.stream(text, rate)])
        except SpeechUnavailable as error:
            failure = error
        else:
            if pcm:
                return voice, pcm
    raise failure or SpeechUnavailable(f"没有声音可用 / no voice for: {text}")
