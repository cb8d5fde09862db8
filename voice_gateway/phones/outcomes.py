"""What a telephone that brought nobody means for the handoff."""

from __future__ import annotations

from dataclasses import dataclass

from zhiban.dialling import Outcome
from zhiban.handoffs import HandoffReason, HandoffState


@dataclass(frozen=True)
class Missed:
    """A telephone was rung in vain.

    Attributes:
        outcome: in a word, for the timeline.
    """

    state: HandoffState
    reason: HandoffReason
    outcome: str


_R, _S = HandoffReason, HandoffState

NO_KEY = Missed(_S.TIMED_OUT, _R.PHONE_NO_KEY, "no_key")
HUNG_UP = Missed(_S.DECLINED, _R.PHONE_HUNG_UP, "hung_up")
DECLINED = Missed(_S.DECLINED, _R.AGENT_DECLINED, "declined")
LOST = Missed(_S.TIMED_OUT, _R.PHONE_LOST, "lost")

_MISSED = {
    Outcome.BUSY: (_S.BUSY, _R.PHONE_BUSY),
    Outcome.REFUSED: (_S.DECLINED, _R.PHONE_REFUSED),
    Outcome.UNREACHABLE: (_S.TIMED_OUT, _R.PHONE_UNREACHABLE),
    Outcome.NO_ANSWER: (_S.TIMED_OUT, _R.PHONE_NO_ANSWER),
    Outcome.EARLY_MEDIA: (_S.TIMED_OUT, _R.PHONE_ANNOUNCEMENT),
    Outcome.EXPIRED: (_S.TIMED_OUT, _R.PHONE_UNAVAILABLE),
    Outcome.NO_LINE: (_S.TIMED_OUT, _R.PHONE_UNAVAILABLE),
    Outcome.CANCELLED: (_S.TIMED_OUT, _R.PHONE_LOST),
}


def missed(outcome: Outcome) -> Missed:
    """Return what an outcome that is no answer means."""
    state, reason = _MISSED[outcome]
    return Missed(state, reason, outcome.value)
