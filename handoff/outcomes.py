"""How a handled call ends, and what that makes of its ticket."""

from __future__ import annotations

from dataclasses import dataclass

from zhiban.tickets import Status


@dataclass(frozen=True)
class Outcome:
    """A disposition an agent can choose.

    Attributes:
        status: the ticket's next state; None leaves it.
        needs_callback: the case stays open in the call-back list.
    """

    key: str
    label: str
    status: Status | None
    needs_callback: bool = False


OUTCOMES = {
    outcome.key: outcome
    for outcome in (
        Outcome("dispatched", "已派人处理", Status.DISPATCHED),
        Outcome("in_progress", "处理中，继续跟进", Status.IN_PROGRESS),
        Outcome("resolved", "已当场解决", Status.DONE),
        Outcome("callback", "需要回拨业主", Status.IN_PROGRESS, needs_callback=True),
        Outcome("unreachable", "回拨未接，继续回拨", None, needs_callback=True),
        Outcome("false_alarm", "误报或误触", Status.CLOSED),
    )
}
