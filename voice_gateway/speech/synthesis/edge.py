"""The online voice (edge-tts): MP3 decoded as it comes, deadlines, an honest end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import av
import edge_tts
import edge_tts.communicate
import edge_tts.exceptions
import numpy as np

from voice_gateway.speech.synthesis.base import VOICE_RATE, SpeechUnavailable, VoiceSource

_NATURAL_RATE = 270.0  # characters a minute of the Mandarin voices at +0%
_TICKS_PER_S = 10_000_000
_BREAKS = "，。！？；、,.!?;：:"


class EdgeVoice:
    """Microsoft's online voice. A failure raises; the caller has another voice for it.

    Args:
        voice: name, such as ``zh-CN-XiaoxiaoNeural``.
        first_audio_s: deadline for the first audio.
        stall_s: how long it may be silent beyond what it has already delivered.
        url: another WebSocket endpoint (the whole URL up to its query's end); empty for the
            library's own.
    """

    source = VoiceSource.EDGE

    def __init__(
        self, voice: str, *, first_audio_s: float = 0.8, stall_s: float = 1.0, url: str = ""
    ) -> None:
        self.name = f"edge:{voice}"
        self._voice = voice
        self._first_audio_s = first_audio_s
        self._stall_s = stall_s
        if url:
            # The library has no argument for it; it reads this name at each request.
            edge_tts.communicate.WSS_URL = (  # type: ignore[attr-defined]
                url if "?" in url else f"{url}?"
            )

    async def stream(self, text: str, rate: float) -> AsyncIterator[bytes]:
        """Speak a text; see `Voice`. The error of a broken-off stream says what is unspoken."""
        percent = round((rate / _NATURAL_RATE - 1) * 100)
        request = edge_tts.Communicate(
            text, self._voice, rate=f"{percent:+d}%", boundary="WordBoundary"
        )
        progress = _Progress(text, time.monotonic())
        decoder = av.CodecContext.create("mp3float", "r")
        resampler = av.AudioResampler(format="s16", layout="mono", rate=VOICE_RATE)
        messages = request.stream()
        try:
            while True:
                try:
                    async with asyncio.timeout(self._patience(progress)):
                        message = await anext(messages)
                except StopAsyncIteration:
                    break
                if message["type"] == "audio":
                    pcm = _decode(decoder, resampler, message["data"])
                    if pcm:
                        progress.delivered(len(pcm))
                        yield pcm
                elif message["type"] == "WordBoundary":
                    progress.word(message)
            tail = _flush(decoder, resampler)
            if tail:
                progress.delivered(len(tail))
                yield tail
        except TimeoutError as error:
            what = "no audio" if not progress.samples else "stalled"
            raise self._broken(f"{what} in time", progress) from error
        except (
            aiohttp.ClientError,
            edge_tts.exceptions.EdgeTTSException,
            av.error.FFmpegError,
            OSError,
        ) as error:
            raise self._broken(f"{type(error).__name__}: {error}"[:160], progress) from error
        finally:
            await messages.aclose()
        # The library takes a dropped connection for the end. Bytes it has not yet booked at a
        # turn's end mean that the turn never ended.
        if request.state["chunk_audio_bytes"]:
            raise self._broken("connection dropped", progress)

    def _patience(self, progress: _Progress) -> float:
        """Return how many seconds the next message may take."""
        elapsed = time.monotonic() - progress.began
        if not progress.samples:
            return max(0.0, self._first_audio_s - elapsed)
        first = progress.first_audio or progress.began
        ahead = progress.samples / VOICE_RATE - (time.monotonic() - first)
        return self._stall_s + max(0.0, ahead)

    def _broken(self, why: str, progress: _Progress) -> SpeechUnavailable:
        return SpeechUnavailable(
            f"在线语音失败 / online voice failed: {why}", unspoken=progress.unspoken()
        )


@dataclass
class _Progress:
    """How far the speech has come.

    Attributes:
        began: monotonic seconds.
        samples: delivered, at 24 kHz.
        words: (end in seconds, position in the text after it), as announced.
    """

    text: str
    began: float
    samples: int = 0
    first_audio: float | None = None
    words: list[tuple[float, int]] = field(default_factory=list)

    def delivered(self, size: int) -> None:
        if self.first_audio is None:
            self.first_audio = time.monotonic()
        self.samples += size // 2

    def word(self, message: Any) -> None:
        after = self.words[-1][1] if self.words else 0
        found = self.text.find(message["text"], after)
        if found >= 0:
            end = (message["offset"] + message["duration"]) / _TICKS_PER_S
            self.words.append((end, found + len(message["text"])))

    def unspoken(self) -> str:
        """Return what to say again: from the start of the clause in which it broke off.

        A few words twice are better than a few words lost.
        """
        if not self.samples:
            return self.text
        heard = self.samples / VOICE_RATE
        position = max((place for end, place in self.words if end <= heard), default=0)
        rest = self.text[position:].lstrip(_BREAKS + "”’\"' ")
        if not rest:
            return ""
        at_break = position == 0 or self.text[position] in _BREAKS
        if at_break:
            return rest
        start = max(self.text.rfind(mark, 0, position) for mark in _BREAKS) + 1
        return self.text[start:]


def _decode(decoder: Any, resampler: Any, data: bytes) -> bytes:
    frames = (frame for packet in decoder.parse(data) for frame in decoder.decode(packet))
    return b"".join(_pcm(out) for frame in frames for out in resampler.resample(frame))


def _flush(decoder: Any, resampler: Any) -> bytes:
    frames = [f for packet in decoder.parse(b"") for f in decoder.decode(packet)]
    frames += decoder.decode(None)
    pieces = [_pcm(out) for frame in frames for out in resampler.resample(frame)]
    return b"".join([*pieces, *(_pcm(out) for out in resampler.resample(None))])


def _pcm(frame: Any) -> bytes:
    return np.asarray(frame.to_ndarray(), dtype="<i2").tobytes()
