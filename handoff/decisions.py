"""What can be decided about a case: plain data, made in the chain, carried out by the dispatcher."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from handoff.phones import Phone
from handoff.presence import Presence
from zhiban.calls.calling_back import CallBack
from zhiban.handoffs import HandoffReason, HandoffState


@dataclass(frozen=True)
class StageStep:
    """The chain has come to a stage, and why the one before was left."""

    stage: int
    role: str
    label: str
    reason: HandoffReason

    def to_dict(self) -> dict[str, str | int]:
        """Return the step as the timeline writes it."""
        return {
            "stage": self.stage,
            "role": self.role,
            "label": self.label,
            "reason": self.reason.value,
        }


@dataclass(frozen=True)
class Offer:
    """Ring this agent now.

    Attributes:
        preempts: id of a less urgent handoff this agent is being rung for.
    """

    agent: Presence
    stage: int
    steps: tuple[StageStep, ...] = ()
    preempts: str = ""


@dataclass(frozen=True)
class Dial:
    """Ring this telephone now.

    Attributes:
        preempts: id of a less urgent handoff it is being rung for.
    """

    phone: Phone
    stage: int
    steps: tuple[StageStep, ...] = ()
    preempts: str = ""


@dataclass(frozen=True)
class Move:
    """Move the case to this state now."""

    state: HandoffState
    reason: HandoffReason


@dataclass(frozen=True)
class Rest:
    """The whole chain was gone through in vain: begin a new round at ``until``."""

    round: int
    until: str
    steps: tuple[StageStep, ...]


@dataclass(frozen=True)
class NewRound:
    """Begin at the first stage again."""


@dataclass(frozen=True)
class Look:
    """Nothing to do before ``at``; None where only an event can change anything."""

    at: datetime | None


@dataclass(frozen=True)
class Release:
    """The agent who took a due call-back on themselves is gone: it is everybody's again."""


@dataclass(frozen=True)
class Remind:
    """Nobody has taken a due call-back on themselves: the next in the chain is asked (EMG-061)."""

    step: StageStep


@dataclass(frozen=True)
class EndDial:
    """A call-back was being dialled by a process that has not ended it: it was lost."""

    dialled: CallBack


Decision = Offer | Dial | Move | Rest | NewRound | Look | Release | Remind | EndDial
