"""Converts speech between the rates of two legs."""

from __future__ import annotations

import av


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
