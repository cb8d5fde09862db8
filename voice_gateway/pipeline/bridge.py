"""Joins two legs: each hears the other, with nothing in between."""

from __future__ import annotations

import av
from pipecat.frames.frames import Frame, InputAudioRawFrame
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

from voice_gateway.links.transport import LinkOutput


class BridgePort(FrameProcessor):
    """Sends this leg's live speech straight to the other leg while they are joined.

    Args:
        sample_rate: Hz of this leg.
    """

    def __init__(self, sample_rate: int) -> None:
        super().__init__()
        self._sample_rate = sample_rate
        self._other: LinkOutput | None = None
        self._resampler: LiveResampler | None = None

    def join(self, other: LinkOutput, sample_rate: int) -> None:
        """Start sending to the other leg, whose rate (Hz) may differ."""
        self._resampler = (
            LiveResampler(self._sample_rate, sample_rate)
            if sample_rate != self._sample_rate
            else None
        )
        self._other = other

    def part(self) -> None:
        """Stop sending."""
        self._other = None

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Forward live speech; every frame is passed on."""
        await super().process_frame(frame, direction)
        if isinstance(frame, InputAudioRawFrame) and self._other is not None:
            pcm = frame.audio
            if self._resampler is not None:
                pcm = self._resampler.convert(pcm)
            if pcm:
                await self._other.send_now(pcm)
        await self.push_frame(frame, direction)


class LiveResampler:
    """Converts mono s16le between two rates as it comes, with about 2 ms of delay.

    pipecat's default stream resampler holds back 64 ms between 8 and 16 kHz, too much between
    two people.
    """

    def __init__(self, source: int, target: int) -> None:
        self._source = source
        self._resampler = av.AudioResampler(format="s16", layout="mono", rate=target)
        self._position = 0

    def convert(self, pcm: bytes) -> bytes:
        """Return the converted speech that is ready."""
        frame = av.AudioFrame(format="s16", layout="mono", samples=len(pcm) // 2)
        frame.planes[0].update(pcm)
        frame.sample_rate = self._source
        frame.pts = self._position
        self._position += len(pcm) // 2
        return b"".join(
            bytes(out.planes[0])[: out.samples * 2] for out in self._resampler.resample(frame)
        )
