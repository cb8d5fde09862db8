"""Puts any media link at the two ends of a pipecat pipeline."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from pipecat.audio.dtmf.types import KeypadEntry
from pipecat.frames.frames import (
    CancelFrame,
    EndFrame,
    Frame,
    InputAudioRawFrame,
    InputDTMFFrame,
    InterruptionFrame,
    OutputAudioRawFrame,
    StartFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.transports.base_input import BaseInputTransport
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import TransportParams

from voice_gateway.links.link import Audio, Digit, MediaLink, Tap, Text
from voice_gateway.pipeline.frames import SpokenMarkFrame, TypedTurnFrame

_AHEAD_SECONDS = 0.06
"""How far sending may run ahead of real time: little enough that a barge-in is heard at once."""


def transport_params(sample_rate: int) -> TransportParams:
    """Return parameters for 20 ms frames at the rate (Hz) in both directions."""
    return TransportParams(
        audio_in_enabled=True,
        audio_in_sample_rate=sample_rate,
        audio_out_enabled=True,
        audio_out_sample_rate=sample_rate,
        audio_out_10ms_chunks=2,
        audio_out_end_silence_secs=0,
    )


class LinkInput(BaseInputTransport):
    """Reads a link and pushes speech and digits.

    Args:
        link: the leg.
        on_gone: called once when the other side is gone.
        tap: gets every received chunk (recording).
    """

    def __init__(self, link: MediaLink, on_gone: Callable[[], None], tap: Tap) -> None:
        super().__init__(transport_params(link.sample_rate))
        self._link = link
        self._on_gone = on_gone
        self._tap = tap
        self._reader: asyncio.Task[None] | None = None

    async def start(self, frame: StartFrame) -> None:
        """Begin reading."""
        await super().start(frame)
        await self.set_transport_ready(frame)
        if self._reader is None:
            self._reader = self.create_task(self._read())

    async def stop(self, frame: EndFrame) -> None:
        """Stop reading."""
        await super().stop(frame)
        await self._stop_reading()

    async def cancel(self, frame: CancelFrame) -> None:
        """Stop reading at once."""
        await super().cancel(frame)
        await self._stop_reading()

    async def _stop_reading(self) -> None:
        if self._reader is not None:
            reader, self._reader = self._reader, None
            await self.cancel_task(reader)

    async def _read(self) -> None:
        try:
            async for received in self._link.receive():
                if isinstance(received, Audio):
                    self._tap(received.pcm)
                    await self.push_audio_frame(
                        InputAudioRawFrame(received.pcm, self._link.sample_rate, 1)
                    )
                elif isinstance(received, Digit):
                    await self.push_frame(InputDTMFFrame(KeypadEntry(received.digit)))
                elif isinstance(received, Text):
                    await self.push_frame(TypedTurnFrame(received.text))
        finally:
            self._on_gone()


class LinkOutput(BaseOutputTransport):
    """Sends speech to a link at the pace of real time.

    Args:
        link: the leg.
        tap: gets every chunk that was sent (recording).
    """

    def __init__(self, link: MediaLink, tap: Tap) -> None:
        super().__init__(transport_params(link.sample_rate))
        self._link = link
        self._tap = tap
        self._next_send = 0.0
        self._protected = False
        self._live = False

    def give_way(self, live: bool) -> None:
        """Drop the bot's speech, protected or not, while a person's live speech is sent."""
        self._live = live

    async def start(self, frame: StartFrame) -> None:
        """Begin sending."""
        await super().start(frame)
        await self.set_transport_ready(frame)

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Clear the far buffer on an interruption, unless a protected sentence is playing."""
        await super().process_frame(frame, direction)
        if isinstance(frame, InterruptionFrame) and not self._protected:
            self._next_send = 0.0
            await self._link.clear()

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        """Send one frame, waiting so as to stay at most 60 ms ahead of real time."""
        if self._live:
            return True
        loop = asyncio.get_running_loop()
        now = loop.time()
        if self._next_send < now:
            self._next_send = now
        wait = self._next_send - now - _AHEAD_SECONDS
        if wait > 0:
            await asyncio.sleep(wait)
        self._protected = not frame.interruptible
        self._next_send += len(frame.audio) / 2 / frame.sample_rate
        return await self.send_now(frame.audio)

    async def send_now(self, pcm: bytes) -> bool:
        """Send speech at once; a bridged person's needs no pacing, its source is the clock."""
        sent = await self._link.send(pcm)
        if sent:
            self._tap(pcm)
        return sent

    async def write_transport_frame(self, frame: Frame) -> None:
        """Tell the owner of a mark that the speech before it has been sent."""
        if isinstance(frame, SpokenMarkFrame):
            await frame.on_reached()
