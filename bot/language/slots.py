"""Everything a caller's turn tells, read in the light of what was asked.

The one way from words to slots: the dialogue (``actions/flow/learn.py``), ``zhiban understand`` and
the evaluation all read with ``hear``. What one reader took is hidden from the next, so that the
digits of a telephone are no room and those of a ticket no telephone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from bot.language.address import AddressReading, read_address
from bot.language.address_model import AddressPart
from bot.language.person import PersonReading, read_person
from bot.language.person_words import HOME_MASK
from bot.language.phone import PhoneReading, read_phone
from bot.language.pinyin import LONGEST_READ
from bot.language.roster import Roster
from bot.language.ticket_number import TicketNumberReading, read_ticket_number
from bot.language.when import WhenKind, WhenReading, read_when


class Expects(str, Enum):
    """What was just asked for."""

    ADDRESS = "address"
    PHONE = "phone"
    NAME = "name"
    SINCE = "since"
    AVAILABLE = "available"
    TICKET = "ticket"
    CORRECTION = "correction"
    """Everything was read back, or the caller was asked what is wrong with it."""
    OTHER = "other"
    """Something that has no digits in it: what happened, how bad it is."""
    ANY = "any"


SLOTS = (
    "building", "unit", "room", "phone", "caller_name", "ticket_number", "start", "end", "place",
)  # fmt: skip
"""What ``read_slots`` may return."""

_KINDS = {Expects.SINCE: WhenKind.SINCE, Expects.AVAILABLE: WhenKind.AVAILABLE}
_HOMES_WELCOME = (Expects.ADDRESS, Expects.ANY, Expects.CORRECTION)
_CORRECTS = re.compile("不对|错|应该是|不是|改成")
_TAKEN = "\x02"


@dataclass(frozen=True)
class Heard:
    """What the readers found in one turn; None where nothing was said.

    Attributes:
        address: Home and place.
        phone: A number, the caller's own, or digits so far.
        person: The caller's name.
        ticket: A ticket's number.
        when: Since when, or when it suits; only if that was asked.
    """

    address: AddressReading | None = None
    phone: PhoneReading | None = None
    person: PersonReading | None = None
    ticket: TicketNumberReading | None = None
    when: WhenReading | None = None


def hear(
    text: str,
    *,
    expects: Expects | str = Expects.ANY,
    part: AddressPart | str | None = None,
    roster: Roster | None = None,
    now: datetime | None = None,
) -> Heard:
    """Read a turn.

    Args:
        text: The caller's words.
        expects: What was just asked for.
        part: Which part of the address was asked for, when it was only one.
        roster: What exists and who lives there.
        now: The site's present time; without it no time is computed.

    Raises:
        ValueError: ``expects`` or ``part`` is unknown.
    """
    expects = Expects(expects)
    text = text[:LONGEST_READ]
    ticket = read_ticket_number(text, now=now)
    if ticket is not None and ticket.day is not None and ticket.number is not None:
        left = _without(text, ticket.span, _TAKEN)
    else:
        left = text
    digits = expects in (Expects.PHONE, Expects.CORRECTION)
    phone = read_phone(left, expect=digits, roster=roster)
    if phone is not None and phone.number:
        left = _without(left, phone.span, _TAKEN)
    asked = expects is Expects.ADDRESS
    address = read_address(left, roster, expect=part, asked=asked)
    if address is not None and _answers_otherwise(address, text, expects):
        address = None if address.place is None else AddressReading(place=address.place)
    if address is not None:
        # A name may follow a home, as in 三零一李明, but not a mere place.
        mask = HOME_MASK if address.home() else _TAKEN
        for span in address.spans:
            left = _without(left, span, mask)
    home = (address.building, address.unit, address.room) if address is not None else None
    person = read_person(left, expect_name=expects is Expects.NAME, roster=roster, home=home)
    if address is not None and roster is not None:
        address = _as_registered(address, person, phone, roster)
    if person is not None:
        person = replace(person, span=person.span.strip(HOME_MASK + _TAKEN))
    kind = _KINDS.get(expects)
    when = None if kind is None else read_when(left, kind=kind, now=now)
    return Heard(address, phone, person, ticket, when)


def _answers_otherwise(address: AddressReading, text: str, expects: Expects) -> bool:
    """Whether what looks like part of a home is the digits of another answer."""
    said = set(address.home())
    if not said or expects in _HOMES_WELCOME or _CORRECTS.search(text):
        return False
    return said == {"room"} or ("building" not in said and expects is Expects.PHONE)


def _as_registered(
    address: AddressReading,
    person: PersonReading | None,
    phone: PhoneReading | None,
    roster: Roster,
) -> AddressReading:
    """The room of the resident who calls, where a digit of it was lost or doubled on the way.

    Only if name or telephone are the resident's and building and unit are as said: 王芳 of 3-2-1201
    whose room was heard as 101.
    """
    if address.building is None or address.room is None:
        return address
    name = person.full if person is not None else ""
    number = phone.number if phone is not None else None
    rooms = {
        resident.room
        for resident in roster.homes(address.building, address.unit, None)
        if resident.name == name or (number and resident.phone == number)
    }
    if len(rooms) != 1 or address.room in rooms:
        return address
    (room,) = rooms
    longer, shorter = sorted((room, address.room), key=len, reverse=True)
    lost = any(longer[:place] + longer[place + 1 :] == shorter for place in range(len(longer)))
    return replace(address, room=room, repaired=True, known=True) if lost else address


def _without(text: str, span: str, mask: str) -> str:
    return text.replace(span, mask * len(span), 1) if span else text


def read_slots(
    text: str,
    *,
    expects: str = "any",
    roster: Roster | None = None,
    now: datetime | None = None,
    caller: str = "",
) -> dict[str, str]:
    """Read the slots of a turn; only what was said is there.

    Args:
        text: The caller's words.
        expects: address, phone, name, since, available, ticket or any (see ``Expects``).
        roster: What exists and who lives there.
        now: The site's present time, for ``start`` and ``end``.
        caller: The number they call from, for 就打这个电话.

    Returns:
        Some of ``SLOTS``; times as the site's own, ``2026-11-19T15:00``.

    Raises:
        ValueError: ``expects`` is unknown.
    """
    heard = hear(text, expects=expects, roster=roster, now=now)
    found: dict[str, str | None] = {}
    if heard.address is not None:
        found.update(heard.address.home(), place=heard.address.place)
    if heard.phone is not None:
        found["phone"] = caller if heard.phone.same_as_caller else heard.phone.number
    if heard.person is not None:
        found["caller_name"] = heard.person.name
    if heard.ticket is not None:
        found["ticket_number"] = heard.ticket.number
    if heard.when is not None:
        found.update(start=_minutes(heard.when.start), end=_minutes(heard.when.end))
    return {name: value for name in SLOTS if (value := found.get(name))}


def _minutes(moment: str | None) -> str | None:
    """ISO 8601 without zone, to the minute; a day begins at midnight."""
    if moment is None:
        return None
    return datetime.fromisoformat(moment).strftime("%Y-%m-%dT%H:%M")
