"""Other matters said in one breath with this one: the urgent first, the others later."""

from __future__ import annotations

from actions.flow.state import Field
from actions.flow.taking import Taking
from actions.matters import instead_of, part_of, set_apart, sort_matters
from actions.turn import Turn
from actions.waiting import Waiting, note_also
from actions.ways import way_of
from bot.language.emergency import second_opinion
from bot.language.matter_clauses import Joint

FREE = (Field.PROBLEM, Field.PLACE, Field.SEVERITY, Field.WISH, Field.SINCE)
"""What is said of these may name anything; only a joint begins another matter."""


async def first_comes(taking: Taking) -> bool:
    """Sort the matters of the opening turn; False when another form must deal with the first."""
    matters = await sort_matters(taking.turn, taking.resources.parser)
    if not matters.several:
        return True
    way = way_of(matters.now)
    if not matters.now.emergency_kind:
        note_also(taking.talk, matters.later)
    taking.waiting = (*taking.waiting, *matters.later)
    if way == taking.flow.form:
        taking.turn = matters.now
        return True
    taking.memory = taking.memory.but(instead=instead_of(matters.now))
    return False


async def others_wait(taking: Taking) -> Turn | None:
    """Keep other matters that are mentioned in mid-form.

    The turn is then only what goes on with this one. Returns a turn that is all about another
    matter, to be answered at once if it can be.
    """
    turn, about = taking.turn, taking.facts.problem or ""
    least = Joint.WEAK if taking.flow.asking in FREE else Joint.RUN
    main, others = await set_apart(turn, taking.resources.parser, about=about, least=least)
    if not others:
        return None
    if main is None and len(others) == 1:
        return None if others[0].is_danger else part_of(turn, others[0])
    keep(taking, [one for one in others if not one.is_danger])
    if second_opinion(turn.ranking) is None:
        taking.turn = main if main is not None else part_of(turn, Waiting(""))
    return None


def keep(taking: Taking, others: list[Waiting]) -> None:
    """Remember other matters, and say so."""
    taking.waiting = (*taking.waiting, *others)
    taking.flow = taking.flow.but(also=(*taking.flow.also, *(one.text for one in others)))
    note_also(taking.talk, others)
