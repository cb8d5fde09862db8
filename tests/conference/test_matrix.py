"""What must hold in every cell of the matrix, whatever the floor."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_gateway.conference.matrix import (
    HEARS,
    Situation,
    Voice,
    hears,
    reaches_caller,
    situation_of,
)
from zhiban.errors import ZhibanError
from zhiban.floor import Floor, Invitation, InviteMode, ListenMode, Part

_PEOPLE = ("amy", "bob", "cat")
_OWNER = "own"

situations = pytest.mark.parametrize("situation", list(Situation))


@situations
def test_the_caller_always_hears_something(situation: Situation) -> None:
    assert hears(situation, Part.CALLER)


@situations
def test_the_caller_hears_no_private_voice(situation: Situation) -> None:
    private = {Voice.CONSULT, Voice.LISTENER, Voice.COACH, Voice.BRIEFING}
    assert not hears(situation, Part.CALLER) & private


@situations
@pytest.mark.parametrize("part", list(Part))
def test_nobody_hears_themselves_or_a_listener(situation: Situation, part: Part) -> None:
    assert Voice(part.value) not in hears(situation, part)
    assert Voice.LISTENER not in hears(situation, part)


@situations
def test_a_coach_is_heard_by_the_owner_alone(situation: Situation) -> None:
    assert {p for p in Part if Voice.COACH in hears(situation, p)} <= {Part.OWNER}


@situations
def test_who_talks_with_the_caller_is_heard_both_ways(situation: Situation) -> None:
    for part in (Part.OWNER, Part.THIRD, Part.CONSULT):
        assert reaches_caller(situation, part) == (Voice.CALLER in hears(situation, part))


@situations
def test_music_and_people_are_never_heard_together(situation: Situation) -> None:
    to_caller = HEARS[situation][Part.CALLER]
    people = {Voice.OWNER, Voice.THIRD}
    assert not (Voice.MUSIC in to_caller and to_caller & people)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("held")),
        st.tuples(st.just("resumed")),
        st.tuples(st.just("invited"), st.sampled_from(_PEOPLE), st.sampled_from(list(InviteMode))),
        st.tuples(st.just("accepted")),
        st.tuples(st.just("uninvited")),
        st.tuples(st.just("joined_by"), st.sampled_from(_PEOPLE)),
        st.tuples(st.just("without"), st.sampled_from(_PEOPLE)),
        st.tuples(st.just("heard_by"), st.sampled_from(_PEOPLE), st.sampled_from(list(ListenMode))),
        st.tuples(st.just("completed")),
    ),
    max_size=20,
)


@given(steps)
def test_no_row_of_steps_leads_to_a_floor_that_makes_no_sense(
    taken: list[tuple[object, ...]],
) -> None:
    floor, owner = Floor(), _OWNER
    for step in taken:
        with suppress(ZhibanError):  # a refused step changes nothing
            floor, owner = _taken(floor, owner, step)
        _check(floor, owner)


def _taken(floor: Floor, owner: str, step: tuple[object, ...]) -> tuple[Floor, str]:
    match step:
        case ("held",):
            return floor.held("t"), owner
        case ("invited", str(to), InviteMode() as mode) if to != owner:
            return floor.invited(Invitation("h.1", to, to, owner, owner, mode, "t")), owner
        case ("accepted",):
            return floor.accepted("h.1", "t"), owner
        case ("joined_by", str(who)):
            return floor.joined_by(who, "t"), owner
        case ("without", str(who)):
            return floor.without(who), owner
        case ("heard_by", str(who), ListenMode() as mode) if who != owner:
            return floor.heard_by(who, who, mode, "t"), owner
        case ("completed",) if floor.present_guest is not None:
            heir = floor.present_guest.agent_id
            return floor.settled(heir), heir
        case ("resumed",):
            return floor.resumed(), owner
        case ("uninvited",):
            return floor.uninvited(), owner
        case _:
            return floor, owner


def _check(floor: Floor, owner: str) -> None:
    assert Floor.from_json(floor.to_json()) == floor
    assert owner not in floor.people()
    ears = [ear.agent_id for ear in floor.ears]
    guest = floor.guest.agent_id if floor.guest else ""
    assert len(set(ears)) == len(ears)
    assert guest not in ears
    if floor.guest is not None:
        assert floor.invitation is None
    situation = situation_of(floor, bridged=True, owner_here=True)
    present = floor.present_guest
    if present is not None:
        part = floor.part_of(present.agent_id, owner)
        assert part is not None
        # The two who talk hear each other in every situation with a guest.
        assert Voice.OWNER in hears(situation, part)
        assert Voice(part.value) in hears(situation, Part.OWNER)
    held = situation in (Situation.HOLD, Situation.CONSULT)
    assert held == bool(floor.on_hold_since)
    assert (Voice.MUSIC in hears(situation, Part.CALLER)) == held


def test_an_empty_floor_takes_no_room() -> None:
    assert Floor().to_json() == ""
    assert json.loads(replace(Floor(), on_hold_since="t").to_json())["on_hold_since"] == "t"
