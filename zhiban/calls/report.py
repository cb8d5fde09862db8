"""An emergency as it was heard: all that its ticket and its card are made of."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.language.address import read_address
from bot.language.roster import Roster
from zhiban.calls.place import describe_place, place_of
from zhiban.clock import iso_ms, utc_now
from zhiban.community import Community, ResidentRecord
from zhiban.emergencies import EMERGENCY_LABELS
from zhiban.tickets import Category, Promise, TicketDraft, Urgency

RESPOND = "值班人员响应"
CALL_BACK = "回拨业主"


@dataclass(frozen=True)
class EmergencyReport:
    """An emergency before it is stored anywhere.

    Attributes:
        key: names it across processes: however often it is filed, it is one ticket.
        at: when it was heard, UTC ISO 8601.
        node: the gateway that holds the call.
        kind: a key of ``EMERGENCY_LABELS``.
        level: 1-3.
        words: what the caller said, newest last; never empty.
        where: building, unit, room and which of them are unconfirmed.
        facts: what the dialogue engine knew already.
    """

    key: str
    at: str
    call_id: str
    caller: str
    node: str
    kind: str
    level: int
    words: tuple[str, ...]
    where: Mapping[str, Any]
    facts: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def heard(
        cls,
        *,
        number: int,
        call_id: str,
        caller: str,
        node: str,
        kind: str,
        level: int,
        words: Sequence[str],
        community: Community,
        roster: Roster,
        facts: Mapping[str, Any] | None = None,
        at: str = "",
    ) -> EmergencyReport:
        """Make a report of what was said.

        Args:
            number: the how manieth emergency of this call it is, from 1.
            call_id: the call.
            caller: calling number, or ``""``.
            node: the gateway that holds the call.
            kind: a key of ``EMERGENCY_LABELS``.
            level: 1-3.
            words: what the caller said, newest last.
            community: whose number it is.
            roster: buildings, to read an address with.
            facts: what the dialogue engine knew already.
            at: when it was heard; now by default.
        """
        reading = read_address(" ".join(words), roster)
        return cls(
            key=emergency_key(call_id, number),
            at=at or iso_ms(utc_now()),
            call_id=call_id,
            caller=caller,
            node=node,
            kind=kind,
            level=level,
            words=tuple(words) or (EMERGENCY_LABELS[kind],),
            where=place_of(reading, community.resident_by_phone(caller) if caller else None),
            facts=dict(facts or {}),
        )

    @classmethod
    def from_json(cls, text: str) -> EmergencyReport:
        """Read what :meth:`to_json` wrote.

        Raises:
            ValueError, TypeError, KeyError: it is something else.
        """
        content = json.loads(text)
        return cls(**(content | {"words": tuple(content["words"])}))

    def to_json(self) -> str:
        """Return one line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @property
    def label(self) -> str:
        """The kind as people read it."""
        return EMERGENCY_LABELS[self.kind]

    def is_same_as(self, kind: str, card: Mapping[str, Any]) -> bool:
        """Return whether an open case is about this: its kind, and no other building was said."""
        there = (card.get("where") or {}).get("building") or ""
        here = "" if "building" in self.where["unconfirmed"] else self.where["building"]
        return kind == self.kind and (not here or not there or here == there)

    def draft(self, community: Community, *, missed: bool = False) -> TicketDraft:
        """Return its ticket before it has a number; the only place that makes one.

        Args:
            community: departments, deadlines, residents.
            missed: nobody is on the line any more, so a call back is promised.
        """
        resident = community.resident_by_phone(self.caller) if self.caller else None
        place = describe_place(self.where) or "位置待确认"
        due = datetime.fromisoformat(self.at)
        promises = [
            Promise(RESPOND, iso_ms(due + timedelta(minutes=community.deadlines.emergency_respond)))
        ]
        if missed:
            promises.append(call_back_promise(community, emergency=True))
        return TicketDraft(
            category=Category.EMERGENCY,
            problem=f"{self.label}：{self.words[-1]}",
            urgency=Urgency.EMERGENCY,
            level=self.level,
            department=community.department_for("emergency"),
            building=str(self.where["building"]),
            unit=str(self.where["unit"]),
            room=str(self.where["room"]),
            caller_name=resident.name if resident else "",
            phone=self.caller,
            special_flags=resident.special_flags if resident else (),
            summary=f"{self.label}，{place}" + ("，补录" if missed else ""),
            verbatim=self.words,
            details={
                "kind": self.kind,
                "unconfirmed": self.where["unconfirmed"],
                "happened_at": self.at,
                "calls": [self.call_id],
            },
            call_id=self.call_id,
            promises=tuple(promises),
            filing_key=self.key,
        )

    def card(self) -> dict[str, Any]:
        """Return what the agent reads about it, beside what all cards have."""
        return {
            "label": self.label,
            "where": dict(self.where),
            "words": list(self.words),
            "known": dict(self.facts),
        }


def emergency_key(call_id: str, number: int) -> str:
    """Return the filing key of a call's n-th emergency, from 1."""
    return f"emergency:{call_id}:{number}"


def call_back_promise(community: Community, *, emergency: bool) -> Promise:
    """Return the promise made to a caller who is gone (EMG-003), due from now."""
    deadlines = community.deadlines
    minutes = deadlines.missed_emergency_callback if emergency else deadlines.inquiry_report
    return Promise(CALL_BACK, iso_ms(utc_now() + timedelta(minutes=minutes)))


def card_caller(resident: ResidentRecord | None, phone: str) -> dict[str, Any]:
    """Return who calls, as the card shows it."""
    if resident is None:
        return {"phone": phone, "name": "", "title": "", "role": "", "flags": []}
    return {
        "phone": phone,
        "name": resident.name,
        "title": resident.title,
        "role": resident.role,
        "flags": list(resident.special_flags),
    }
