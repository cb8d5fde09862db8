"""Speaks: turns sentences into speech, from the cache or a voice, one after another."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    Frame,
    InterruptionFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

from bot.language.sentences import speech_pieces, split_sentences
from voice_gateway.pipeline.frames import SayFrame, SpokenMarkFrame
from voice_gateway.speech.synthesis.speaker import Speaker

logger = logging.getLogger(__name__)

FrameType = TypeVar("FrameType", bound=Frame)


@dataclass(frozen=True)
class Said:
    """A piece of speech that began to play.

    Attributes:
        text: the words.
        source: cache, edge or packaged.
        first_audio_ms: from wanting to say it to its first sample.
    """

    text: str
    source: str
    first_audio_ms: float


class SpeakingStage(FrameProcessor):
    """Synthesises :class:`SayFrame` clause by clause.

    Args:
        speaker: cache and voices.
        sample_rate: Hz to produce.
        on_said: called when a piece begins to play.
        on_quiet: called when everything that was to be said has played.
    """

    def __init__(
        self,
        speaker: Speaker,
        sample_rate: int,
        *,
        on_said: Callable[[Said], Awaitable[None]],
        on_quiet: Callable[[], Awaitable[None]],
    ) -> None:
        super().__init__()
        self._speaker = speaker
        self._sample_rate = sample_rate
        self._on_said = on_said
        self._on_quiet = on_quiet
        self._waiting = 0
        self._protected = 0
        self._playing = False
        self._quiet = asyncio.Event()
        self._quiet.set()

    @property
    def busy(self) -> bool:
        """Whether the caller hears the bot, or is about to."""
        return self._playing or self._waiting > 0

    @property
    def protected(self) -> bool:
        """Whether what is being said may not be interrupted."""
        return self._protected > 0

    async def say(self, text: str, *, protected: bool = False) -> None:
        """Queue a text to be spoken after what is already queued."""
        self._waiting += 1
        self._protected += protected
        self._quiet.clear()
        await self.queue_frame(SayFrame(text, protected), FrameDirection.DOWNSTREAM)

    async def wait_quiet(self) -> None:
        """Return when nothing is being said or about to be."""
        await self._quiet.wait()

    async def interrupt(self) -> None:
        """Fall silent at once; protected sentences go on."""
        await self.broadcast_interruption()
        self._after_interruption()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Dispatch on frame type; what is not ours is passed on."""
        await super().process_frame(frame, direction)
        if isinstance(frame, SayFrame):
            await self._handle_say(frame)
            return
        if isinstance(frame, BotStartedSpeakingFrame):
            self._playing = True
        elif isinstance(frame, BotStoppedSpeakingFrame):
            self._playing = False
            await self._check_quiet()
        elif isinstance(frame, InterruptionFrame):
            self._after_interruption()
        await self.push_frame(frame, direction)

    def _after_interruption(self) -> None:
        """Interruptible sentences are gone from every queue; only protected ones remain."""
        self._waiting = self._protected
        if not self.busy:
            self._quiet.set()

    async def _check_quiet(self) -> None:
        if not self.busy and not self._quiet.is_set():
            self._quiet.set()
            await self._on_quiet()

    async def _handle_say(self, frame: SayFrame) -> None:
        loop = asyncio.get_running_loop()
        await self.push_frame(_flagged(TTSStartedFrame(), frame))
        for piece in self._pieces(frame.text):
            wanted, first = loop.time(), True
            try:
                async for chunk in self._speaker.speak(piece, self._sample_rate):
                    if first:
                        first = False
                        said = Said(piece, str(chunk.source), (loop.time() - wanted) * 1000)
                        await self.push_frame(_flagged(self._mark(said), frame))
                    audio = TTSAudioRawFrame(chunk.pcm, chunk.sample_rate, 1)
                    await self.push_frame(_flagged(audio, frame))
            except Exception:
                # Every voice failed for this piece; the next piece may be in the cache.
                logger.exception("no voice could speak a piece of %d characters", len(piece))
        await self.push_frame(_flagged(TTSStoppedFrame(), frame))
        await self.push_frame(_flagged(SpokenMarkFrame(self._finished(frame.protected)), frame))

    def _pieces(self, text: str) -> list[str]:
        """Cut a text so that sound starts early; what the cache has is left in one piece."""
        if self._speaker.holds(text, self._sample_rate):
            return [text]
        pieces: list[str] = []
        for sentence in split_sentences(text):
            if self._speaker.holds(sentence, self._sample_rate):
                pieces.append(sentence)
            else:
                pieces.extend(speech_pieces(sentence))
        return pieces

    def _mark(self, said: Said) -> SpokenMarkFrame:
        async def began() -> None:
            await self._on_said(said)

        return SpokenMarkFrame(began)

    def _finished(self, protected: bool) -> Callable[[], Awaitable[None]]:
        async def finished() -> None:
            self._waiting = max(0, self._waiting - 1)
            self._protected = max(0, self._protected - protected)
            await self._check_quiet()

        return finished


def _flagged(frame: FrameType, of: SayFrame) -> FrameType:
    frame.interruptible = of.interruptible
    return frame
