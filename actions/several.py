"""Outside of forms: several matters in one turn lead to where the most urgent belongs."""

from __future__ import annotations

from dataclasses import dataclass, field

from rasa_sdk import Tracker
from rasa_sdk.events import FollowupAction

from actions.matters import instead_of, sort_matters
from actions.memory import Memory
from actions.resources import Resources
from actions.session import Events
from actions.talk import Talk
from actions.turn import Turn
from actions.waiting import Waiting, note_also, waiting_event, waiting_of
from actions.ways import way_of


@dataclass(frozen=True)
class First:
    """What an action deals with.

    Attributes:
        now: the turn, or the part of it that comes first.
        waiting: what waits after it, with what waited before.
        events: not empty when another form or action must deal with it.
    """

    now: Turn
    waiting: tuple[Waiting, ...]
    events: Events = field(default_factory=list)


async def first_of_several(
    resources: Resources, turn: Turn, talk: Talk, tracker: Tracker, *, here: str = ""
) -> First:
    """Sort the turn's matters.

    Args:
        resources: the parser.
        turn: what was said.
        talk: the other matters are acknowledged when the first leads elsewhere.
        tracker: what waits already.
        here: name of the calling action, if it deals with matters itself.
    """
    waiting = waiting_of(tracker)
    matters = await sort_matters(turn, resources.parser)
    if not matters.several:
        return First(turn, waiting)
    waiting = (*waiting, *matters.later)
    way = way_of(matters.now)
    if way == here:
        return First(matters.now, waiting)
    if not matters.now.emergency_kind:
        note_also(talk, matters.later)
    memory = Memory.of(tracker).but(misses=0, awaiting="", instead=instead_of(matters.now))
    events: Events = [memory.event(), waiting_event(waiting), FollowupAction(way)]
    return First(matters.now, waiting, events)
