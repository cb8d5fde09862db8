"""Who calls and which number was dialled, from a call's headers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from voice_gateway.call.numbers import calling_number

HEADERS = ("From", "To", "P-Asserted-Identity", "Diversion", "X-DID", "X-PBX-Call")
"""What the stack has to hand over with an INVITE."""

_URI = re.compile(r"(?:sips?|tel):([^@;>,\s]+)", re.IGNORECASE)

_PBX_CALL = re.compile(r"[\w.:-]{1,64}", re.ASCII)


@dataclass(frozen=True)
class Numbers:
    """The two numbers of a call, and a PBX's own id of it; ``""`` where one is not known."""

    caller: str
    dialled: str
    pbx_call: str = ""


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
    pbx_call = headers.get("X-PBX-Call", "").strip()
    return Numbers(caller, dialled, pbx_call if _PBX_CALL.fullmatch(pbx_call) else "")


def number_in(header: str | None) -> str:
    """Return the number in an address header, as it is dialled within China; ``""`` without one."""
    found = _URI.search(header or "")
    return calling_number(unquote(found[1]).partition(":")[0]) if found else ""
