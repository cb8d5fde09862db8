"""How ringing a telephone can end."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """What came of a telephone that was rung."""

    ANSWERED = "answered"
    """Picked up; that it was a person, and the right one, is for a pressed key to show."""
    BUSY = "busy"
    REFUSED = "refused"
    """Somebody or something said no."""
    UNREACHABLE = "unreachable"
    """Switched off, unknown number, no route."""
    NO_ANSWER = "no_answer"
    """It rang until the ring timer ran out."""
    EARLY_MEDIA = "early_media"
    """It never rang, but the network talked: an announcement, most likely."""
    CANCELLED = "cancelled"
    """We hung up before it was answered."""
    EXPIRED = "expired"
    """Nobody took the order in time."""
    NO_LINE = "no_line"
    """No user agent runs, or all its lines are taken."""


class LegCause(StrEnum):
    """Who or what ended a telephone call that had been answered."""

    CALLEE_HUNG_UP = "callee_hung_up"
    HUNG_UP = "hung_up"
    """By command."""
    GATEWAY_ENDED = "gateway_ended"
    NO_MEDIA = "no_media"
    LINK_LOST = "link_lost"
    """The gateway or the user agent died."""


_BUSY = (486, 600)
_REFUSED = (401, 403, 407, 488, 603, 606, 607, 608)


def outcome_of(status: int) -> Outcome:
    """Return what a final SIP status means; 0 stands for a failure without one."""
    if status in _BUSY:
        return Outcome.BUSY
    return Outcome.REFUSED if status in _REFUSED else Outcome.UNREACHABLE
