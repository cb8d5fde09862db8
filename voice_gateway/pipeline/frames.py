"""Frames of our own that travel a call's pipeline."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from pipecat.frames.frames import ControlFrame, DataFrame, SystemFrame


@dataclass(frozen=True)
class Turn:
    """What the caller said between two silences.

    Attributes:
        text: recognised words; empty when speech was heard but nothing understood.
        confidence: 0..1 of the recogniser.
        engine: recogniser, or ``typed``.
        alternatives: other readings, best first.
        speech_ms: length of the voiced part.
        decode_ms: time the final recognition took.
        endpoint_ms: silence waited for before the turn was taken as finished.
        voiced_until: monotonic seconds of the last voiced sample's arrival.
        over_bot: whether the bot was speaking when it began.
    """

    text: str
    confidence: float = 1.0
    engine: str = "typed"
    alternatives: tuple[str, ...] = ()
    speech_ms: float = 0.0
    decode_ms: float = 0.0
    endpoint_ms: float = 0.0
    voiced_until: float = 0.0
    over_bot: bool = False

    def latencies(self) -> dict[str, float]:
        """Return the timings for the timeline, in ms."""
        return {
            "speech_ms": round(self.speech_ms),
            "decode_ms": round(self.decode_ms),
            "endpoint_ms": round(self.endpoint_ms),
        }


@dataclass
class TurnFrame(DataFrame):
    """A finished caller turn. Not dropped by an interruption: it may hold an emergency."""

    turn: Turn

    def __post_init__(self) -> None:
        super().__post_init__()
        self.interruptible = False


@dataclass
class InterimFrame(SystemFrame):
    """Words recognised so far of a turn in progress.

    Attributes:
        spoken_at: monotonic seconds when the newest sample in it arrived.
    """

    text: str
    alternatives: tuple[str, ...] = ()
    spoken_at: float = 0.0


@dataclass
class TypedTurnFrame(SystemFrame):
    """A line the caller typed in place of speaking."""

    text: str


@dataclass
class SayFrame(DataFrame):
    """A sentence for the caller to hear.

    Attributes:
        protected: nothing may interrupt it.
    """

    text: str
    protected: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self.interruptible = not self.protected


async def _nothing() -> None:
    return None


@dataclass
class SpokenMarkFrame(ControlFrame):
    """Runs a callback when the speech before it has been sent."""

    on_reached: Callable[[], Awaitable[None]] = field(default=_nothing)
