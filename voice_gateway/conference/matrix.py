"""Who hears whom, for each situation of a call. Data first; everything else follows it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from zhiban.floor import Floor, Part


class Voice(StrEnum):
    """Whoever and whatever can be heard."""

    CALLER = "caller"
    OWNER = "owner"
    CONSULT = "consult"
    THIRD = "third"
    LISTENER = "listener"
    COACH = "coach"
    BOT = "bot"
    MUSIC = "music"
    BRIEFING = "briefing"


class Situation(StrEnum):
    """What is going on in a call."""

    BRIEFING = "briefing"
    BRIDGED = "bridged"
    HOLD = "hold"
    ALONE = "alone"
    CONSULT = "consult"
    THREE_WAY = "three_way"


_V = Voice
_BOTH = frozenset({_V.CALLER, _V.OWNER})

HEARS: Mapping[Situation, Mapping[Part, frozenset[Voice]]] = {
    Situation.BRIEFING: {
        Part.CALLER: frozenset({_V.BOT}),
        Part.OWNER: frozenset({_V.BRIEFING}),
    },
    Situation.BRIDGED: {
        Part.CALLER: frozenset({_V.OWNER}),
        # A person on a telephone is told how to end while the caller speaks already.
        Part.OWNER: frozenset({_V.CALLER, _V.COACH, _V.BRIEFING}),
        Part.LISTENER: _BOTH,
        Part.COACH: _BOTH,
    },
    Situation.HOLD: {
        Part.CALLER: frozenset({_V.BOT, _V.MUSIC}),
        Part.OWNER: frozenset({_V.COACH}),
        Part.LISTENER: frozenset({_V.OWNER}),
        Part.COACH: frozenset({_V.OWNER}),
    },
    Situation.ALONE: {
        Part.CALLER: frozenset({_V.BOT, _V.MUSIC}),
        Part.LISTENER: frozenset({_V.CALLER}),
        Part.COACH: frozenset({_V.CALLER}),
    },
    Situation.CONSULT: {
        Part.CALLER: frozenset({_V.BOT, _V.MUSIC}),
        Part.OWNER: frozenset({_V.CONSULT, _V.COACH}),
        Part.CONSULT: frozenset({_V.OWNER}),
        Part.LISTENER: frozenset({_V.OWNER, _V.CONSULT}),
        Part.COACH: frozenset({_V.OWNER, _V.CONSULT}),
    },
    Situation.THREE_WAY: {
        Part.CALLER: frozenset({_V.OWNER, _V.THIRD}),
        Part.OWNER: frozenset({_V.CALLER, _V.THIRD, _V.COACH}),
        Part.THIRD: frozenset({_V.CALLER, _V.OWNER}),
        Part.LISTENER: frozenset({_V.CALLER, _V.OWNER, _V.THIRD}),
        Part.COACH: frozenset({_V.CALLER, _V.OWNER, _V.THIRD}),
    },
}
"""What each part hears; a part that is not named hears nothing."""


def hears(situation: Situation, part: Part) -> frozenset[Voice]:
    """Return everything a part hears."""
    return HEARS[situation].get(part, frozenset())


def reaches_caller(situation: Situation, part: Part) -> bool:
    """Return whether the caller hears somebody."""
    return Voice(part.value) in hears(situation, Part.CALLER)


def situation_of(floor: Floor, *, bridged: bool, owner_here: bool) -> Situation:
    """Return the situation.

    Args:
        floor: who takes part.
        bridged: whether the call is with people at all.
        owner_here: whether the owner's line is up; a reload takes it down for a moment.
    """
    if not bridged:
        return Situation.BRIEFING
    if floor.present_guest is not None:
        return Situation.CONSULT if floor.on_hold_since else Situation.THREE_WAY
    if not owner_here:
        return Situation.ALONE
    return Situation.HOLD if floor.on_hold_since else Situation.BRIDGED
