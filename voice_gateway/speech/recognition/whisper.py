"""Whisper as the house's recogniser: one model a process, interim decodes while one speaks."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from voice_gateway.speech.recognition.audio import (
    ENGINE_RATE,
    Samples,
    check_rate,
    frame_levels,
    is_quiet_after,
    to_samples,
)
from voice_gateway.speech.recognition.base import Recognition
from voice_gateway.speech.recognition.queue import DecodeQueue, Priority
from voice_gateway.speech.recognition.whisper_model import Decoded, WhisperModel, WhisperSettings
from zhiban.errors import ErrorCode, ZhibanError

NAME = "whisper-base"

_FIRST_PARTIAL_MS = 500
_NEXT_PARTIAL_MS = 200
_WINDOW_S = 26  # longer than that is cut at a pause; Whisper's window is 30 s
_CUT_FROM_S, _CUT_TO_S = 14, 24


class WhisperRecogniser:
    """The engine; see `Recogniser`.

    Args:
        folder: the model's folder.
        settings: how to decode.
        model: an already loaded model of that folder.
    """

    name = NAME
    streaming = False

    def __init__(
        self,
        folder: Path,
        settings: WhisperSettings | None = None,
        *,
        model: WhisperModel | None = None,
    ) -> None:
        self._folder = folder
        self._settings = settings or WhisperSettings()
        self._queue = DecodeQueue()
        self._model = model
        self._loading = asyncio.Lock()

    def open(self, sample_rate: int) -> WhisperSession:
        """Return the session of a new call (8000 or 16000 Hz)."""
        check_rate(sample_rate)
        return WhisperSession(self, self._queue, sample_rate, self._settings.retry_logprob)

    async def warm_up(self) -> None:
        """Load the model and decode a second of noise."""
        model = await self.model()
        noise = np.random.default_rng(1).standard_normal(ENGINE_RATE).astype(np.float32) * 0.05
        await self._queue.run(
            lambda: lambda: model.decode(noise, "", careful=False), Priority.FINAL
        )

    async def model(self) -> WhisperModel:
        """Return the model, loading it at first use.

        Raises:
            ZhibanError: RECOGNITION_FAILED.
        """
        async with self._loading:
            if self._model is None:
                try:
                    self._model = await asyncio.to_thread(
                        WhisperModel, self._folder, self._settings
                    )
                except Exception as error:  # the libraries raise plain RuntimeError and Exception
                    raise ZhibanError(
                        f"Whisper 模型无法加载 / cannot be loaded: {self._folder}: {error}",
                        code=ErrorCode.RECOGNITION_FAILED,
                    ) from error
            return self._model

    def close(self) -> None:
        """Stop the worker."""
        self._queue.close()
        self._model = None


@dataclass(frozen=True)
class _Heard:
    """A decode and the part of the utterance it covers.

    Attributes:
        until: samples at 16 kHz from the utterance's beginning.
        committed: text of the parts already cut off a very long utterance.
        offset: samples at 16 kHz cut off.
        careful: whether it was decoded as a final.
    """

    decoded: Decoded
    until: int
    committed: str
    offset: int
    careful: bool


class WhisperSession:
    """One call's recognition; see `RecogniserSession`."""

    def __init__(
        self, recogniser: WhisperRecogniser, queue: DecodeQueue, sample_rate: int, solid: float
    ) -> None:
        self._recogniser = recogniser
        self._queue = queue
        self._rate = sample_rate
        self._solid = solid
        self._hint = ""
        self._pcm = bytearray()
        self._utterance = 0
        self._heard: _Heard | None = None
        self._interim: asyncio.Task[_Heard] | None = None
        self._interim_began = False
        self._said = ""

    def begin(self, hint: str) -> None:
        """Start a new utterance with the prompt for what is expected."""
        self.discard()
        self._hint = hint

    async def feed(self, pcm16: bytes) -> None:
        """Keep audio; decoding happens in `partial` and `final`."""
        self._pcm += pcm16

    def discard(self) -> None:
        """Drop the utterance and an interim decode that waits for its turn."""
        self._utterance += 1
        self._pcm = bytearray()
        self._heard = None
        self._said = ""
        if self._interim is not None:
            self._interim.cancel()
            self._interim = None

    async def partial(self) -> Recognition | None:
        """Decode what there is so far, unless finals wait or this call's last decode still runs."""
        if self._interim is not None or self._queue.finals_waiting() or not self._worth_it():
            return None
        utterance = self._utterance
        self._interim = asyncio.create_task(self._decode(Priority.PARTIAL))
        interim = self._interim
        try:
            heard = await asyncio.shield(interim)
        except asyncio.CancelledError:
            if interim.cancelled():
                return None  # overtaken by a final or a new utterance
            interim.cancel()
            raise
        finally:
            if self._interim is interim:
                self._interim = None
        if utterance != self._utterance:
            return None
        self._keep(heard)
        result = self._recognition(heard, heard.decoded.decode_ms)
        if not result.text or result.text == self._said:
            return None
        self._said = result.text
        return result

    async def final(self) -> Recognition:
        """Decode everything; an earlier decode is taken when only silence came after it."""
        utterance = self._utterance
        if self._interim is not None:
            await self._join_interim(self._interim)
        samples = to_samples(bytes(self._pcm), self._rate)
        heard = self._heard
        if heard is not None and self._still_holds(heard, samples):
            return self._recognition(heard, 0.0, samples.size)
        heard = await self._decode(Priority.FINAL)
        if utterance == self._utterance:
            self._keep(heard)
        return self._recognition(heard, heard.decoded.decode_ms)

    async def _join_interim(self, interim: asyncio.Task[_Heard]) -> None:
        """Wait for a running interim decode; take a waiting one out of the queue."""
        if not self._interim_began:
            interim.cancel()
        done, _ = await asyncio.wait({interim})
        for task in done:
            if not task.cancelled() and task.exception() is None:
                self._keep(task.result())

    def _worth_it(self) -> bool:
        have = self._samples_fed()
        before = self._heard.until if self._heard else 0
        fresh_ms = (have - before) * 1000 // ENGINE_RATE
        return fresh_ms >= (_NEXT_PARTIAL_MS if self._heard else _FIRST_PARTIAL_MS)

    def _samples_fed(self) -> int:
        return len(self._pcm) // 2 * (ENGINE_RATE // self._rate)

    def _still_holds(self, heard: _Heard, samples: Samples) -> bool:
        if heard.until == samples.size and heard.careful:
            return True
        solid = heard.careful or (heard.decoded.text and heard.decoded.logprob >= self._solid)
        return bool(solid) and is_quiet_after(samples, heard.until)

    def _keep(self, heard: _Heard) -> None:
        if self._heard is None or heard.until >= self._heard.until:
            self._heard = heard

    async def _decode(self, priority: Priority) -> _Heard:
        model = await self._recogniser.model()
        hint, before, careful = self._hint, self._heard, priority is Priority.FINAL
        if not careful:
            self._interim_began = False

        def turn_came() -> _Work:
            if not careful:
                self._interim_began = True
            return _Work(model, bytes(self._pcm), self._rate, hint, before, careful)

        try:
            return await self._queue.run(turn_came, priority)
        except (RuntimeError, ValueError) as error:
            raise ZhibanError(
                f"识别失败 / recognition failed: {error}",
                code=ErrorCode.RECOGNITION_FAILED,
                retryable=True,
            ) from error

    def _recognition(self, heard: _Heard, decode_ms: float, size: int = 0) -> Recognition:
        decoded = heard.decoded
        text = "，".join(part for part in (heard.committed, decoded.text) if part)
        return Recognition(
            text=text,
            confidence=min(1.0, math.exp(min(decoded.logprob, 0.0))) if text else 0.0,
            no_speech=decoded.no_speech,
            alternatives=() if heard.committed else decoded.alternatives,
            engine=NAME,
            decode_ms=decode_ms,
            audio_ms=max(heard.until, size) * 1000 / ENGINE_RATE,
        )


@dataclass(frozen=True)
class _Work:
    """The blocking part of one decode, run on a worker thread."""

    model: WhisperModel
    pcm: bytes
    rate: int
    hint: str
    before: _Heard | None
    careful: bool

    def __call__(self) -> _Heard:
        samples = to_samples(self.pcm, self.rate)
        committed, offset = "", 0
        if self.before is not None:
            committed, offset = self.before.committed, self.before.offset
        while samples.size - offset > _WINDOW_S * ENGINE_RATE:
            cut = offset + _quietest(samples[offset : offset + _CUT_TO_S * ENGINE_RATE])
            head = self.model.decode(samples[offset:cut], self.hint, careful=True).text
            committed = "，".join(part for part in (committed, head) if part)
            offset = cut
        decoded = self.model.decode(samples[offset:], self.hint, careful=self.careful)
        return _Heard(decoded, samples.size, committed, offset, self.careful)


def _quietest(samples: Samples) -> int:
    """Return where to cut: the middle of the quietest 200 ms in the later part of the window."""
    levels = frame_levels(samples[_CUT_FROM_S * ENGINE_RATE :])
    smooth = np.convolve(levels, np.ones(10) / 10, mode="valid")
    return _CUT_FROM_S * ENGINE_RATE + (int(np.argmin(smooth)) + 5) * (ENGINE_RATE // 50)
