"""Listens: from voice activity and speech to interim words and finished turns."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from enum import StrEnum

from pipecat.frames.frames import (
    CancelFrame,
    EndFrame,
    Frame,
    InputAudioRawFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

from voice_gateway.pipeline.frames import InterimFrame, Turn, TurnFrame, TypedTurnFrame
from voice_gateway.speech.recognition.base import Recogniser, Recognition
from voice_gateway.turns import Endpointing

logger = logging.getLogger(__name__)

_PREROLL_SECONDS = 0.5
_PARTIAL_EVERY = 0.3
_LONGEST_TURN_SECONDS = 25.0


class _State(StrEnum):
    QUIET = "quiet"
    SPEAKING = "speaking"
    TRAILING = "trailing"


class ListeningStage(FrameProcessor):
    """Recognises one speaker.

    While the voice lasts it asks the recogniser for words every 300 ms and pushes an
    :class:`InterimFrame` when they change. When the voice stops, the final recognition starts
    at once, while the silence that ends a turn is still being waited for; if the voice comes
    back, the turn goes on.

    Args:
        recogniser: the shared engine.
        sample_rate: Hz of the incoming speech.
        expects: returns what the bot has just asked for.
        hint: returns the recogniser's prompt for that.
        patient: returns whether this speaker needs longer silences.
        endpointing: lengths of those silences.
    """

    def __init__(
        self,
        recogniser: Recogniser,
        sample_rate: int,
        *,
        expects: Callable[[], str],
        hint: Callable[[str], str],
        patient: Callable[[], bool] = lambda: False,
        endpointing: Endpointing | None = None,
    ) -> None:
        super().__init__()
        self._session = recogniser.open(sample_rate)
        self._engine = recogniser.name
        self._sample_rate = sample_rate
        self._expects = expects
        self._hint = hint
        self._patient = patient
        self._endpointing = endpointing or Endpointing()
        self._state = _State.QUIET
        self._preroll: deque[bytes] = deque()
        self._preroll_bytes = 0
        self._heard_at = 0.0
        self._began_at = 0.0
        self._voiced_until = 0.0
        self._last_interim = ""
        self._partials: asyncio.Task[None] | None = None
        self._finishing: asyncio.Task[None] | None = None

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Dispatch on frame type; everything is passed on."""
        await super().process_frame(frame, direction)
        if isinstance(frame, InputAudioRawFrame):
            await self._handle_audio(frame)
        elif isinstance(frame, VADUserStartedSpeakingFrame):
            await self._handle_voice_started(frame)
        elif isinstance(frame, VADUserStoppedSpeakingFrame):
            await self._handle_voice_stopped(frame)
        elif isinstance(frame, TypedTurnFrame):
            await self._handle_typed(frame)
            return
        elif isinstance(frame, (EndFrame, CancelFrame)):
            await self._stop_tasks()
        await self.push_frame(frame, direction)

    async def cleanup(self) -> None:
        """Stop working and let go of the recogniser's memory of this speaker."""
        await super().cleanup()
        await self._stop_tasks()
        self._session.discard()

    async def last_words(self) -> Turn | None:
        """Return what was being said when the line broke, recognised at once; None for nothing."""
        if self._state is _State.QUIET:
            return None
        await self._stop_tasks()
        self._state = _State.QUIET
        result = await self._recognise_final()
        self._session.discard()
        if not result.text:
            return None
        return Turn(
            text=result.text,
            confidence=result.confidence,
            engine=result.engine,
            alternatives=result.alternatives,
            voiced_until=self._voiced_until or self._heard_at,
        )

    async def _handle_audio(self, frame: InputAudioRawFrame) -> None:
        self._heard_at = asyncio.get_running_loop().time()
        if self._state is not _State.QUIET:
            await self._session.feed(frame.audio)
            return
        self._preroll.append(frame.audio)
        self._preroll_bytes += len(frame.audio)
        while self._preroll_bytes > _PREROLL_SECONDS * self._sample_rate * 2:
            self._preroll_bytes -= len(self._preroll.popleft())

    async def _handle_voice_started(self, frame: VADUserStartedSpeakingFrame) -> None:
        if self._finishing is not None:
            finishing, self._finishing = self._finishing, None
            await self.cancel_task(finishing)
        if self._state is _State.QUIET:
            self._began_at = asyncio.get_running_loop().time() - frame.start_secs
            self._last_interim = ""
            self._session.begin(self._hint(self._expects()))
            for audio in self._preroll:
                await self._session.feed(audio)
            self._preroll.clear()
            self._preroll_bytes = 0
        self._state = _State.SPEAKING
        if self._partials is None:
            self._partials = self.create_task(self._recognise_partials())

    async def _handle_voice_stopped(self, frame: VADUserStoppedSpeakingFrame) -> None:
        if self._state is not _State.SPEAKING:
            return
        self._voiced_until = asyncio.get_running_loop().time() - frame.stop_secs
        self._state = _State.TRAILING
        await self._stop_partials()
        self._finishing = self.create_task(self._finish_turn())

    async def _handle_typed(self, frame: TypedTurnFrame) -> None:
        now = asyncio.get_running_loop().time()
        await self.push_frame(TurnFrame(Turn(frame.text, voiced_until=now)))

    async def _recognise_partials(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            began, snapshot_at = loop.time(), self._heard_at
            try:
                partial = await self._session.partial()
            except Exception:
                # A failed guess costs nothing: the final recognition is still to come.
                logger.exception("interim recognition failed")
                partial = None
            if partial is not None and partial.text and partial.text != self._last_interim:
                self._last_interim = partial.text
                await self.push_frame(
                    InterimFrame(partial.text, partial.alternatives, spoken_at=snapshot_at)
                )
            if loop.time() - self._began_at > _LONGEST_TURN_SECONDS:
                self._voiced_until = loop.time()
                self._state = _State.TRAILING
                self._partials = None
                self._finishing = self.create_task(self._finish_turn())
                return
            await asyncio.sleep(max(0.02, began + _PARTIAL_EVERY - loop.time()))

    async def _finish_turn(self) -> None:
        """Recognise, wait out the silence that ends a turn, and push the turn."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        result = await self._recognise_final()
        decode_ms = (loop.time() - began) * 1000
        if result.text and result.text != self._last_interim:
            # An emergency must not wait for the silence that ends the turn.
            await self.push_frame(
                InterimFrame(result.text, result.alternatives, spoken_at=self._voiced_until)
            )
        needed_ms = self._endpointing.silence_ms(
            result.text, self._expects(), patient=self._patient()
        )
        await asyncio.sleep(max(0.0, self._voiced_until + needed_ms / 1000 - loop.time()))
        turn = Turn(
            text=result.text,
            confidence=result.confidence,
            engine=result.engine,
            alternatives=result.alternatives,
            speech_ms=(self._voiced_until - self._began_at) * 1000,
            decode_ms=decode_ms,
            endpoint_ms=(loop.time() - self._voiced_until) * 1000,
            voiced_until=self._voiced_until,
        )
        self._state = _State.QUIET
        self._session.discard()
        self._finishing = None
        await self.push_frame(TurnFrame(turn))

    async def _recognise_final(self) -> Recognition:
        try:
            return await self._session.final()
        except Exception:
            # An unheard turn is reprompted; a dead pipeline would be a lost caller.
            logger.exception("recognition failed")
            return Recognition(
                text=self._last_interim,
                confidence=0.0,
                no_speech=0.0,
                alternatives=(),
                engine=self._engine,
                decode_ms=0.0,
                audio_ms=0.0,
            )

    async def _stop_partials(self) -> None:
        if self._partials is not None:
            partials, self._partials = self._partials, None
            await self.cancel_task(partials)

    async def _stop_tasks(self) -> None:
        await self._stop_partials()
        if self._finishing is not None:
            finishing, self._finishing = self._finishing, None
            await self.cancel_task(finishing)
