"""The calling number, as it is looked up: trunks write one and the same number in many ways."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"\+?\d{3,15}")
_COUNTRY = re.compile(r"(?:\+|00)86(?=\d{7})")
_MOBILE = re.compile(r"(?:86|0)?(1[3-9]\d{9})")


def calling_number(claimed: object) -> str:
    """Return a calling number as the residents' list has it; ``""`` for what is none.

    ``+8613812345678``, ``8613812345678`` and ``013812345678`` (how carriers write a mobile of
    another city) are 13812345678; ``+862161234567`` is 02161234567.
    """
    number = re.sub(r"[\s().-]", "", str(claimed or ""))
    if not _NUMBER.fullmatch(number):
        return ""
    national = _COUNTRY.sub("", number)
    mobile = _MOBILE.fullmatch(national)
    if mobile is not None:
        return mobile[1]
    return national if national == number else f"0{national.removeprefix('0')}"
