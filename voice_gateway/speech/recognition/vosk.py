"""Vosk as the house's recogniser: streaming, one model a process, one recogniser a call."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import vosk

from voice_gateway.speech.recognition.audio import ENGINE_RATE, Doubler, check_rate
from voice_gateway.speech.recognition.base import Recognition
from voice_gateway.speech.recognition.text import normalise
from zhiban.errors import ErrorCode, ZhibanError

T = TypeVar("T")

_BATCH_MS = 60  # fewer hops to the worker; far below what a caller would notice


class VoskRecogniser:
    """The engine; see `Recogniser`. Takes any Vosk model's folder.

    Args:
        folder: with ``am``, ``conf`` and ``graph`` in it.
        workers: threads shared by all calls.
    """

    streaming = True

    def __init__(self, folder: Path, *, workers: int = 2) -> None:
        self.name = f"vosk:{folder.name}"
        self._folder = folder
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="vosk")
        self._model: Any = None
        self._loading = asyncio.Lock()

    def open(self, sample_rate: int) -> VoskSession:
        """Return the session of a new call (8000 or 16000 Hz); `warm_up` must have been awaited.

        Raises:
            ZhibanError: RECOGNITION_FAILED: the model is not loaded.
        """
        check_rate(sample_rate)
        if self._model is None:
            raise _failed("模型尚未加载 / the model is not loaded yet")
        recogniser = vosk.KaldiRecognizer(self._model, float(ENGINE_RATE))
        recogniser.SetWords(True)
        return VoskSession(recogniser, self.name, self._pool, sample_rate)

    async def warm_up(self) -> None:
        """Load the model and run a little silence through it."""
        async with self._loading:
            if self._model is not None:
                return
            vosk.SetLogLevel(-1)
            try:
                self._model = await asyncio.to_thread(vosk.Model, str(self._folder))
            except Exception as error:  # what vosk raises is a plain Exception
                raise _failed(f"Vosk 模型无法加载 / cannot be loaded: {self._folder}") from error
        session = self.open(ENGINE_RATE)
        await session.feed(bytes(ENGINE_RATE))
        await session.final()

    def close(self) -> None:
        """Stop the workers."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._model = None


@dataclass
class _Utterance:
    """What belongs to one utterance; work still running for an old one cannot touch a new one.

    Attributes:
        pending: audio at 16 kHz not yet given to Vosk.
        open: whether Vosk has had audio since its last final result.
        said: the interim text last reported.
    """

    pending: bytearray = field(default_factory=bytearray)
    segments: list[str] = field(default_factory=list)
    confidences: list[float] = field(default_factory=list)
    samples: int = 0
    started: bool = False
    open: bool = False
    said: str = ""

    def take(self, result: str) -> None:
        """Add a segment from Vosk's JSON."""
        found = json.loads(result)
        if text := found.get("text", "").replace("[unk]", "").strip():
            self.segments.append(text)
        self.confidences += [float(word["conf"]) for word in found.get("result", ())]


class VoskSession:
    """One call's recognition; see `RecogniserSession`.

    Asking for a final closes a segment inside Vosk. Speech that comes after makes the next
    segment, and the utterance's text is all of them: a pause is where a speculative final is
    asked for, so the cut falls between words.
    """

    def __init__(
        self, recogniser: Any, name: str, pool: ThreadPoolExecutor, sample_rate: int
    ) -> None:
        self._recogniser = recogniser
        self._name = name
        self._pool = pool
        self._double = Doubler() if sample_rate != ENGINE_RATE else None
        self._turn = asyncio.Lock()

        self._heard = _Utterance()

    def begin(self, hint: str) -> None:
        """Start a new utterance; Vosk takes no prompt."""
        self._heard = _Utterance()

    def discard(self) -> None:
        """Drop the utterance."""
        self._heard = _Utterance()

    async def feed(self, pcm16: bytes) -> None:
        """Run audio through the recogniser."""
        wide = self._double(pcm16) if self._double else pcm16
        heard = self._heard
        heard.pending += wide
        heard.samples += len(wide) // 2
        if len(heard.pending) >= ENGINE_RATE * 2 * _BATCH_MS // 1000:
            await self._run(lambda: self._accept(heard))

    async def partial(self) -> Recognition | None:
        """Return the interim text when it has changed."""
        started, heard = time.perf_counter(), self._heard
        interim = await self._run(lambda: self._interim(heard))
        text = normalise(" ".join([*heard.segments, interim]))
        if not text or text == heard.said:
            return None
        heard.said = text
        return self._recognition(heard, text, started)

    async def final(self) -> Recognition:
        """Close the segment and return the utterance so far."""
        started, heard = time.perf_counter(), self._heard
        if heard.pending or heard.open:
            await self._run(lambda: self._close_segment(heard))
        return self._recognition(heard, normalise(" ".join(heard.segments)), started)

    async def _run(self, work: Callable[[], T]) -> T:
        async with self._turn:
            try:
                return await asyncio.get_running_loop().run_in_executor(self._pool, work)
            except RuntimeError as error:
                raise _failed(str(error)) from error

    def _accept(self, heard: _Utterance) -> None:
        if not heard.started:
            self._recogniser.Reset()
            heard.started = True
        pcm = bytes(heard.pending)
        heard.pending.clear()
        heard.open = True
        if pcm and self._recogniser.AcceptWaveform(pcm):
            heard.take(self._recogniser.Result())

    def _interim(self, heard: _Utterance) -> str:
        self._accept(heard)
        return str(json.loads(self._recogniser.PartialResult()).get("partial", ""))

    def _close_segment(self, heard: _Utterance) -> None:
        self._accept(heard)
        heard.take(self._recogniser.FinalResult())
        heard.open = False

    def _recognition(self, heard: _Utterance, text: str, started: float) -> Recognition:
        sure = heard.confidences
        return Recognition(
            text=text,
            confidence=(sum(sure) / len(sure) if sure else 0.5) if text else 0.0,
            no_speech=0.0,
            alternatives=(),
            engine=self._name,
            decode_ms=(time.perf_counter() - started) * 1000,
            audio_ms=heard.samples * 1000 / ENGINE_RATE,
        )


def _failed(detail: str) -> ZhibanError:
    return ZhibanError(
        f"识别失败 / recognition failed: {detail}",
        code=ErrorCode.RECOGNITION_FAILED,
        retryable=True,
    )
