"""Who calls and which number was dialled, from a call's headers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from voice_gateway.call.numbers import calling_number

HEADERS = ("From", "To", "P-Asserted-Identity", "Diversion", "X-DID")
"""What the stack has to hand over with an INVITE."""

_URI = re.compile(r"(?:sips?|tel):([^@;>,\s]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Numbers:
    """The two numbers of a call; ``""`` where one is withheld or unknown."""

    caller: str
    dialled: str


def numbers_of(headers: Mapping[str, str]) -> Numbers:
    """Read both numbers.

    The caller is whom the network asserts, else whom the telephone claims to be. The dialled
    number is what the PBX says was dialled (X-DID), else the number that forwarded its call
    here (Diversion), else whom the call is addressed to.
    """
    caller = number_in(headers.get("P-Asserted-Identity")) or number_in(headers.get("From"))
    did = headers.get("X-DID", "").strip()
    dialled = calling_number(did) or number_in(did)
    dialled = dialled or number_in(headers.get("Diversion")) or number_in(headers.get("To"))
    return Numbers(caller, dialled)


def number_in(header: str | None) -> str:
    """Return the number in an address header, as it is dialled within China; ``""`` without one."""
    found = _URI.search(header or "")
    return calling_number(unquote(found[1]).partition(":")[0]) if found else ""
