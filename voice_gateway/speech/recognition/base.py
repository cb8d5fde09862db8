"""What a recogniser is to the rest of the gateway."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Recognition:
    """What was understood of an utterance.

    Attributes:
        text: simplified Chinese; clauses separated by ``，``, no other punctuation; empty when
            there was no speech.
        confidence: 0 to 1; mean probability of the tokens or words. 0 when `text` is empty.
        no_speech: 0 to 1, the engine's own belief that nobody spoke; 0 where it has none.
        alternatives: other readings, best first, without `text`.
        engine: name of the engine.
        decode_ms: time spent computing this result; 0 when an earlier result still held.
        audio_ms: length of the audio it is about.
    """

    text: str
    confidence: float
    no_speech: float
    alternatives: tuple[str, ...]
    engine: str
    decode_ms: float
    audio_ms: float


class RecogniserSession(Protocol):
    """Recognition of one call: utterance after utterance, one at a time.

    Not safe for concurrent `feed`; `partial` and `final` may overlap with each other.
    """

    def begin(self, hint: str) -> None:
        """Start a new utterance and forget the one before.

        Args:
            hint: domain prompt for what is expected now, from `DomainPrompts.hint`; engines that
                take no prompt ignore it.
        """

    async def feed(self, pcm16: bytes) -> None:
        """Add audio: mono, signed 16 bit little endian, at the session's sample rate.

        Raises:
            ZhibanError: RECOGNITION_FAILED.
        """

    async def partial(self) -> Recognition | None:
        """Return the newest interim text; None when there is nothing new or no time for it.

        Raises:
            ZhibanError: RECOGNITION_FAILED.
        """

    async def final(self) -> Recognition:
        """Return the text of everything fed since `begin`.

        The utterance goes on: more may be fed and `final` called again, so that a pause may be
        decoded before it is known to be the end.

        Raises:
            ZhibanError: RECOGNITION_FAILED.
        """

    def discard(self) -> None:
        """Drop the audio and whatever is waiting to be decoded."""


class Recogniser(Protocol):
    """An engine with its model, shared by all calls of the process.

    Attributes:
        name: for log and timeline: ``whisper-base``.
        streaming: True when interim text costs nothing extra.
    """

    name: str
    streaming: bool

    def open(self, sample_rate: int) -> RecogniserSession:
        """Return the session of a new call.

        Args:
            sample_rate: 8000 or 16000 Hz.

        Raises:
            ValueError: another rate.
        """

    async def warm_up(self) -> None:
        """Load the model and decode once, so that the first caller does not wait.

        Raises:
            ZhibanError: RECOGNITION_FAILED: the model cannot be loaded.
        """

    def close(self) -> None:
        """Stop the workers; no session may be used afterwards."""
