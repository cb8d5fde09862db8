"""Carries what the caller says from the pipeline to the call, and lets them interrupt."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from pipecat.frames.frames import (
    Frame,
    InputDTMFFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

from voice_gateway.pipeline.frames import InterimFrame, Turn, TurnFrame
from voice_gateway.pipeline.speaking import SpeakingStage
from voice_gateway.turns import interrupts, is_listening_noise


class Listener(Protocol):
    """What the call wants to hear about."""

    async def hear_interim(
        self, text: str, alternatives: tuple[str, ...], spoken_at: float
    ) -> None:
        """Words of a turn in progress."""
        ...

    async def hear_turn(self, turn: Turn) -> None:
        """A finished turn."""
        ...

    async def hear_digit(self, digit: str) -> None:
        """A key press."""
        ...

    async def hear_barge_in(self, text: str) -> None:
        """The caller cut the bot short."""
        ...

    def voice_active(self, active: bool) -> None:
        """The caller began or stopped making a voice."""
        ...


class ConversationStage(FrameProcessor):
    """Between recogniser and speech: interim words may interrupt, finished turns go to the call.

    Args:
        listener: the call.
        speaking: the stage that speaks, to know whether the bot can be interrupted.
    """

    def __init__(self, listener: Listener, speaking: SpeakingStage) -> None:
        super().__init__()
        self._listener = listener
        self._speaking = speaking
        self._began_over_bot = False

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Dispatch on frame type; what is not ours is passed on."""
        await super().process_frame(frame, direction)
        if isinstance(frame, InterimFrame):
            await self._handle_interim(frame)
            return
        if isinstance(frame, TurnFrame):
            await self._handle_turn(frame.turn)
            return
        if isinstance(frame, InputDTMFFrame):
            await self._listener.hear_digit(frame.button.value)
        elif isinstance(frame, VADUserStartedSpeakingFrame):
            self._began_over_bot = self._speaking.busy
            self._listener.voice_active(True)
        elif isinstance(frame, VADUserStoppedSpeakingFrame):
            self._listener.voice_active(False)
        await self.push_frame(frame, direction)

    async def _handle_interim(self, frame: InterimFrame) -> None:
        # First the emergency lane, then the courtesy of falling silent.
        await self._listener.hear_interim(frame.text, frame.alternatives, frame.spoken_at)
        if self._speaking.busy and not self._speaking.protected and interrupts(frame.text):
            await self._speaking.interrupt()
            await self._listener.hear_barge_in(frame.text)

    async def _handle_turn(self, turn: Turn) -> None:
        over_bot = self._began_over_bot and self._speaking.busy
        if over_bot and not self._speaking.protected and interrupts(turn.text):
            await self._speaking.interrupt()
            await self._listener.hear_barge_in(turn.text)
        elif over_bot and is_listening_noise(turn.text):
            turn = replace(turn, over_bot=True)
        await self._listener.hear_turn(turn)
