"""Digits pressed on the keypad, where speech has failed twice."""

from __future__ import annotations

from actions.flow.spec import missing_part
from actions.flow.state import Field
from actions.flow.taking import CHECK_ADDRESS, CONFIRM, FIX, RESIDENT, Taking
from bot.language.phone_numbers import is_number

_MISSES = 2
"""Room or number were not understood so often: the keys are asked for."""
_SHORTEST_ROOM = 3
"""Digits; what is shorter is the building or the unit when one of them is wanted."""
_WRONG = "wrong_keys"
_HOME_WANTED = (Field.ADDRESS, RESIDENT, CHECK_ADDRESS, CONFIRM, FIX)
_PHONE_WANTED = (Field.PHONE, CONFIRM, FIX)


def asks_for_keys(taking: Taking, misses: int) -> bool:
    """Return whether speech has failed often enough, on a telephone that has keys."""
    return misses >= _MISSES and taking.turn.has_keys


def learn_keys(taking: Taking, digits: str) -> None:
    """Take a telephone number or a part of the address; other keys teach nothing."""
    asking = taking.flow.asking
    if asking in _PHONE_WANTED and is_number(digits, local=asking == Field.PHONE):
        taking.set(phone=digits)
    elif asking in _HOME_WANTED:
        _learn_home(taking, digits)


def wrong_keys(taking: Taking) -> bool:
    """Ask once for the keys again; False when that has been done."""
    asking = taking.flow.asking
    if asking not in (Field.PHONE, Field.ADDRESS) or not taking.once(_WRONG + asking):
        return False
    taking.talk.say("utter_keys_wrong_phone" if asking == Field.PHONE else "utter_keys_wrong_room")
    taking.talk.expect("phone" if asking == Field.PHONE else "address")
    return True


def _learn_home(taking: Taking, digits: str) -> None:
    facts, roster = taking.facts, taking.resources.roster
    part = missing_part(facts, roster)
    if part in ("building", "unit") and len(digits) < _SHORTEST_ROOM:
        taking.set(**{part: digits.lstrip("0")})
        return
    if not facts.building:
        return
    for room in dict.fromkeys((digits, digits.lstrip("0"))):
        if room and roster.has(facts.building, facts.unit, room):
            taking.set(room=room)
            return
