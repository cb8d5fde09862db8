"""Speaks a text: from the cache, else online in time, else with the packaged voice."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import aclosing
from pathlib import Path
from typing import cast

from voice_gateway.speech.synthesis.base import (
    SpeechChunk,
    SpeechSettings,
    SpeechUnavailable,
    Voice,
    VoiceSource,
)
from voice_gateway.speech.synthesis.breaker import CircuitBreaker
from voice_gateway.speech.synthesis.cache import SentenceCache
from voice_gateway.speech.synthesis.edge import EdgeVoice
from voice_gateway.speech.synthesis.packaged import PackagedVoice
from voice_gateway.speech.synthesis.prepare import Told, _silent, missing, prepare
from voice_gateway.speech.synthesis.resample import Resampler

LOG = logging.getLogger(__name__)

_SENTENCE = re.compile(r"[^。！？!?…\n]+[。！？!?…\n]*[”’\"']?")
_SLICE_MS = 200  # so that an interruption need not wait for a long sentence to be handed over


class Speaker:
    """The house's voice, shared by all calls of the process.

    Args:
        cache: sentences spoken before.
        packaged: the voice that is always there.
        online: the preferred voice, or None.
        breaker: guards `online`.
        rate: characters a minute when none is given.
    """

    def __init__(
        self,
        cache: SentenceCache,
        packaged: Voice,
        online: Voice | None,
        breaker: CircuitBreaker,
        rate: float,
    ) -> None:
        self.cache = cache
        self.breaker = breaker
        self.rate = rate
        self._packaged = packaged
        self._online = online

    @property
    def voices(self) -> tuple[Voice, ...]:
        """Voices in order of preference."""
        return (self._packaged,) if self._online is None else (self._online, self._packaged)

    async def speak(
        self, text: str, sample_rate: int, *, rate: float | None = None
    ) -> AsyncIterator[SpeechChunk]:
        """Yield the speech of a text, sentence after sentence.

        A sentence that the online voice breaks off in is finished by the packaged one.
        Uncached sentences that came whole are kept.

        Args:
            text: what to say.
            sample_rate: Hz: 8000, 16000 or 24000.
            rate: characters a minute; the house's own when None.

        Raises:
            SpeechUnavailable: not even the packaged voice could speak.
        """
        pace = self.rate if rate is None else rate
        for part in [text] if self._cached(text, sample_rate, pace) else sentences(text):
            known = self._cached(part, sample_rate, pace)
            if known is not None:
                step = sample_rate * 2 * _SLICE_MS // 1000
                for start in range(0, len(known), step):
                    yield SpeechChunk(known[start : start + step], sample_rate, VoiceSource.CACHE)
                continue
            speech = cast("AsyncGenerator[SpeechChunk, None]", self._fresh(part, sample_rate, pace))
            async with aclosing(speech):
                async for chunk in speech:
                    yield chunk

    async def prepare(self, fixed: Iterable[str], told: Told = _silent) -> None:
        """Render fixed sentences into the cache; see `prepare`."""
        await prepare(self.cache, self.voices, self.rate, fixed, told)

    def missing(self, fixed: Iterable[str]) -> tuple[str, ...]:
        """Return the fixed sentences not yet rendered: calls are refused until there are none."""
        return missing(self.cache, (voice.name for voice in self.voices), self.rate, fixed)

    async def warm(self, texts: Iterable[str], sample_rate: int = 8000) -> None:
        """Render sentences that are about to be said, unless the cache has them.

        Raises:
            SpeechUnavailable: not even the packaged voice could speak.
        """
        for text in texts:
            async for _ in self.speak(text, sample_rate):
                pass

    async def close(self) -> None:
        """Close connections."""
        if isinstance(self._packaged, PackagedVoice):
            await self._packaged.close()

    def holds(self, text: str, sample_rate: int) -> bool:
        """Return whether a text can be spoken from the cache, as a whole."""
        return self._cached(text, sample_rate, self.rate) is not None

    def _cached(self, text: str, sample_rate: int, rate: float) -> bytes | None:
        for voice in self.voices:
            pcm = self.cache.get(voice.name, rate, sample_rate, text)
            if pcm is not None:
                return pcm
        return None

    async def _fresh(self, text: str, sample_rate: int, rate: float) -> AsyncIterator[SpeechChunk]:
        rest = text
        if self._online is not None and self.breaker.allows():
            outcome = False
            try:
                async for chunk in self._say(self._online, text, sample_rate, rate):
                    yield chunk
                self.breaker.succeeded()
                outcome = True
                return
            except SpeechUnavailable as error:
                LOG.warning("%s", error.message)
                self.breaker.failed()
                outcome = True
                rest = text if error.unspoken is None else error.unspoken
            finally:
                if not outcome:
                    self.breaker.abandoned()
        if rest:
            async for chunk in self._say(
                self._packaged, rest, sample_rate, rate, keep=rest == text
            ):
                yield chunk

    async def _say(
        self, voice: Voice, text: str, sample_rate: int, rate: float, *, keep: bool = True
    ) -> AsyncIterator[SpeechChunk]:
        resampler = Resampler(sample_rate)
        whole = bytearray()
        stream = cast("AsyncGenerator[bytes, None]", voice.stream(text, rate))
        try:
            async with aclosing(stream):
                async for raw in stream:
                    pcm = resampler(raw)
                    if pcm:
                        whole += pcm
                        yield SpeechChunk(pcm, sample_rate, voice.source)
        except SpeechUnavailable:
            # What the resampler held back belongs to what was heard.
            if whole and (tail := resampler.flush()):
                yield SpeechChunk(tail, sample_rate, voice.source)
            raise
        if tail := resampler.flush():
            whole += tail
            yield SpeechChunk(tail, sample_rate, voice.source)
        if keep and whole:
            self._remember(voice, rate, sample_rate, text, bytes(whole))

    def _remember(self, voice: Voice, rate: float, sample_rate: int, text: str, pcm: bytes) -> None:
        try:
            self.cache.put(voice.name, rate, sample_rate, text, pcm)
        except OSError as error:  # a full disk must not silence a call
            LOG.warning("speech not cached: %s", error.strerror or error)


def sentences(text: str) -> list[str]:
    """Return a text's sentences, each with its closing mark."""
    return [part.strip() for part in _SENTENCE.findall(text) if part.strip()]


def open_speaker(settings: SpeechSettings, cache_dir: Path) -> Speaker:
    """Return the speaker that the settings describe.

    Args:
        settings: how to speak.
        cache_dir: ``<data_dir>/speech-cache``.
    """
    online = (
        EdgeVoice(
            settings.edge_voice,
            first_audio_s=settings.first_audio_s,
            stall_s=settings.stall_s,
            url=settings.edge_url,
        )
        if settings.online
        else None
    )
    return Speaker(
        SentenceCache(cache_dir, settings.cache_bytes),
        PackagedVoice(settings.packaged_url),
        online,
        CircuitBreaker(settings.breaker_failures, settings.breaker_open_s),
        settings.rate,
    )
