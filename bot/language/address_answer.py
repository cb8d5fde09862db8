"""A bare number as the answer to which building, which unit, which room."""

from __future__ import annotations

import re

from bot.language.address_model import AddressPart, Mention
from bot.language.address_rooms import HIGHEST_PART, room_number, whole_number
from bot.language.address_tokens import Codes, letter_at

_BARE = re.compile(r"[^0-9XHKL]*([0-9XHKogq]+|L)[Rh._]*")


def read_answer(codes: Codes, expect: AddressPart) -> Mention | None:
    """A bare number as the part that was asked for."""
    bare = _BARE.fullmatch(codes.codes)
    if bare is None:
        return None
    number, place = bare.group(1), bare.start(1)
    value: str | None
    if expect is AddressPart.ROOM:
        value = room_number(number) or (whole_number(number) if len(number) <= 3 else None)
    elif number == "L":
        value = letter_at(codes, place)
    else:
        value = whole_number(number)
        if value is not None and int(value) > HIGHEST_PART:
            value = None
    if value is None:
        return None
    return Mention({expect: value}, codes.starts[place], codes.ends[bare.end(1) - 1])
