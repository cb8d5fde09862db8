"""What a voice is, and how speech comes out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from zhiban.errors import ErrorCode, ZhibanError

VOICE_RATE = 24000
"""Hz; what every voice delivers."""


class VoiceSource(StrEnum):
    """Where a piece of speech came from."""

    CACHE = "cache"
    EDGE = "edge"
    PACKAGED = "packaged"


@dataclass(frozen=True)
class SpeechChunk:
    """A piece of speech.

    Attributes:
        pcm: mono s16le.
        sample_rate: Hz.
    """

    pcm: bytes
    sample_rate: int
    source: VoiceSource


@dataclass(frozen=True)
class SpeechSettings:
    """How the house speaks.

    Attributes:
        online: whether the online voice is used.
        edge_voice: its name.
        edge_url: another WebSocket endpoint for it; empty for the real one.
        packaged_url: base URL of the packaged voice.
        rate: characters a minute, pauses not counted. The hotline outline describes 120-150
            (SCR-039), which is a reader's pace with pauses; synthetic speech at that speed
            drags, and every call would take half as long again. 220 is an unhurried
            announcer's pace; lower it for a community of elderly people.
        careful_rate: the same for what callers write down: numbers, times (SCR-039).
        first_audio_s: deadline for the online voice's first audio.
        stall_s: how long it may fall silent in the middle beyond what was already delivered.
        breaker_failures: failures in a row that close the online voice off.
        breaker_open_s: for how long at first; doubled at each failed probe.
        cache_bytes: size bound of sentences kept that are not fixed ones.
    """

    online: bool = True
    edge_voice: str = "zh-CN-XiaoxiaoNeural"
    edge_url: str = ""
    packaged_url: str = "http://127.0.0.1:8083"
    rate: float = 220.0
    careful_rate: float = 170.0
    first_audio_s: float = 0.8
    stall_s: float = 1.0
    breaker_failures: int = 3
    breaker_open_s: float = 30.0
    cache_bytes: int = 256 * 1024 * 1024


class SpeechUnavailable(ZhibanError):
    """A voice could not speak (all of) a text.

    Args:
        message: one line.
        unspoken: what is left to be said, when that is known to be less than the whole.
        retryable: whether the voice may do it later.
    """

    def __init__(
        self, message: str, *, unspoken: str | None = None, retryable: bool = True
    ) -> None:
        super().__init__(message, code=ErrorCode.SYNTHESIS_FAILED, retryable=retryable)
        self.unspoken = unspoken


class Voice(Protocol):
    """A voice.

    Attributes:
        name: part of the cache's keys: a different sound needs a different name.
        source: what chunks of it are marked with.
    """

    name: str
    source: VoiceSource

    def stream(self, text: str, rate: float) -> AsyncIterator[bytes]:
        """Speak a text; yields mono s16le at 24 kHz as it comes.

        Args:
            text: one or a few sentences.
            rate: characters a minute.

        Raises:
            SpeechUnavailable: before or in the middle of the speech.
        """
