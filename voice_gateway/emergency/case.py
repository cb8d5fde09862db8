"""A case: a ticket and a handoff that belong together, and what is learned while it rings."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.language.address import AddressReading, read_address
from voice_gateway.services import Services
from zhiban.clock import iso_ms, utc_now
from zhiban.community import ResidentRecord
from zhiban.emergencies import EMERGENCY_LABELS
from zhiban.errors import ZhibanError
from zhiban.handoffs import HandoffReason, HandoffRecord
from zhiban.tickets import Category, Promise, TicketDraft, Urgency

logger = logging.getLogger(__name__)

_PLACE_FIELDS = ("building", "unit", "room")


@dataclass
class Case:
    """What is known so far.

    Attributes:
        kind: emergency kind, or ``human`` / ``manager``.
        level: 1-3 for emergencies, 0 otherwise.
        card: what the agent reads.
        filed_ticket: the ticket filed for this case, which differs from ``ticket_number`` when
            the call was already waiting for a person about something else.
        facts: the card as this case alone would have it.
    """

    kind: str
    level: int
    ticket_number: str
    handoff_id: str
    card: dict[str, Any] = field(default_factory=dict)
    filed_ticket: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def is_emergency(self) -> bool:
        """Whether somebody may be in danger."""
        return self.kind in EMERGENCY_LABELS


class CaseOpener:
    """Files the ticket and the request for a person, in that order, before anything rings.

    Args:
        services: stores and community data.
        call_id: the call.
        caller: calling number, or ``""``.
        resident: whose number it is, if known.
    """

    def __init__(
        self, services: Services, call_id: str, caller: str, resident: ResidentRecord | None
    ) -> None:
        self._services = services
        self._call_id = call_id
        self._caller = caller
        self._resident = resident

    async def open_emergency(self, kind: str, level: int, words: list[str]) -> Case:
        """Open an emergency case from the caller's words.

        When the database fails, what is known is written to the spool file first and the error
        goes on to the caller of this method, who keeps the owner on the line and tries again.

        Raises:
            Exception: ticket or request could not be stored.
        """
        community = self._services.community
        place = read_address(" ".join(words), self._services.roster)
        where = place_of(place, self._resident)
        label = EMERGENCY_LABELS[kind]
        due = utc_now() + timedelta(minutes=community.deadlines.emergency_respond)
        draft = TicketDraft(
            category=Category.EMERGENCY,
            problem=f"{label}：{words[-1]}",
            urgency=Urgency.EMERGENCY,
            level=level,
            department=community.department_for("emergency"),
            building=str(where["building"]),
            unit=str(where["unit"]),
            room=str(where["room"]),
            caller_name=self._resident.name if self._resident else "",
            phone=self._caller,
            special_flags=self._resident.special_flags if self._resident else (),
            summary=f"{label}，{describe_place(where) or '位置待确认'}",
            verbatim=tuple(words),
            details={"kind": kind, "unconfirmed": where["unconfirmed"]},
            call_id=self._call_id,
            promises=(Promise("值班人员响应", iso_ms(due)),),
        )
        try:
            ticket = await self._services.tickets.file(draft, by="bot")
        except Exception:
            self._spool({"kind": kind, "level": level, "words": words, "where": where})
            raise
        return await self._request(
            kind,
            level,
            0,
            HandoffReason.EMERGENCY,
            ticket["number"],
            {"label": label, "where": where, "words": words},
        )

    async def raise_to(self, earlier: Case, emergency: Case) -> Case:
        """Turn a waiting request into an emergency: it moves to the front of the queue."""
        record = await self._services.ledger.raise_to(
            earlier.handoff_id,
            kind=emergency.kind,
            level=emergency.level,
            priority=0,
            ticket_number=emergency.filed_ticket,
            card=emergency.facts,
        )
        return Case(
            emergency.kind, emergency.level, record.ticket_number, record.id, dict(record.card)
        )

    async def correct(self, case: Case, kind: str, level: int, text: str) -> None:
        """Give an open emergency the kind that its whole words show."""
        label = EMERGENCY_LABELS[kind]
        place = describe_place(case.card.get("where", {})) or "位置待确认"
        await self._services.tickets.change(
            case.ticket_number,
            {"problem": f"{label}：{text}", "summary": f"{label}，{place}", "level": level},
            by="bot",
            what="kind_corrected",
        )
        facts = {"kind": kind, "label": label, "level": level}
        await self._services.ledger.raise_to(
            case.handoff_id,
            kind=kind,
            level=level,
            priority=0,
            ticket_number=case.ticket_number,
            card=facts,
        )
        case.kind, case.level = kind, level
        case.card.update(facts)

    async def open_request(
        self, kind: str, reason: str, ticket_number: str, words: list[str], what: str
    ) -> Case:
        """Ask for a person who is not needed for an emergency.

        Args:
            kind: ``human`` or ``manager``.
            reason: a :class:`HandoffReason` value.
            ticket_number: the ticket it is about; empty to file a call-back ticket first.
            words: what the caller said.
            what: the matter, for the card.
        """
        where = place_of(None, self._resident)
        if not ticket_number:
            draft = TicketDraft(
                category=Category.CALLBACK,
                problem=what or (words[-1] if words else "业主要求人工服务"),
                department=self._services.community.department_for("callback"),
                building=str(where["building"]),
                unit=str(where["unit"]),
                room=str(where["room"]),
                caller_name=self._resident.name if self._resident else "",
                phone=self._caller,
                summary="业主要求人工服务",
                verbatim=tuple(words),
                call_id=self._call_id,
            )
            ticket = await self._services.tickets.file(draft, by="bot", allow_incomplete=True)
            ticket_number = ticket["number"]
        label = {"manager": "要求找经理"}.get(kind, "转人工")
        return await self._request(
            kind,
            0,
            1,
            _reason(reason),
            ticket_number,
            {"label": label, "where": where, "words": words, "what": what},
        )

    async def _request(
        self,
        kind: str,
        level: int,
        priority: int,
        reason: HandoffReason,
        ticket_number: str,
        facts: Mapping[str, Any],
    ) -> Case:
        card = {
            "kind": kind,
            "level": level,
            "caller": self._card_caller(),
            "advice": [],
            "people": "",
            "hurt": "",
            "open_tickets": await self._open_tickets(ticket_number),
            **facts,
        }
        record: HandoffRecord = await self._services.ledger.request(
            call_id=self._call_id,
            ticket_number=ticket_number,
            kind=kind,
            level=level,
            priority=priority,
            reason=reason,
            node=self._services.settings.gateway_url,
            card=card,
        )
        return Case(
            kind,
            level,
            record.ticket_number,
            record.id,
            dict(record.card),
            filed_ticket=ticket_number,
            facts=card,
        )

    def _card_caller(self) -> dict[str, Any]:
        resident = self._resident
        if resident is None:
            return {"phone": self._caller, "name": "", "title": "", "role": "", "flags": []}
        return {
            "phone": self._caller,
            "name": resident.name,
            "title": resident.title,
            "role": resident.role,
            "flags": list(resident.special_flags),
        }

    async def _open_tickets(self, but: str) -> list[dict[str, str]]:
        if not self._caller:
            return []
        found = await self._services.tickets.open_of_phone(self._caller)
        return [
            {"number": t["number"], "summary": t["summary"] or t["problem"], "at": t["created_at"]}
            for t in found[:5]
            if t["number"] != but
        ]

    def _spool(self, what: dict[str, Any]) -> None:
        path: Path = self._services.settings.data_dir / "spool" / "emergencies.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        line = {"at": iso_ms(utc_now()), "call_id": self._call_id, "caller": self._caller, **what}
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
        logger.critical("emergency of call %s written to %s", self._call_id, path)


class CaseNotes:
    """Adds what is learned to a case's ticket and card."""

    def __init__(self, services: Services, case: Case) -> None:
        self._services = services
        self._case = case

    async def learn(
        self, *, ticket: Mapping[str, Any] | None = None, card: Mapping[str, Any] | None = None
    ) -> None:
        """Store new facts; a failure to store is logged and never ends the call."""
        try:
            if ticket:
                await self._services.tickets.change(
                    self._case.ticket_number, ticket, by="bot", what="caller_said"
                )
            if card:
                self._case.card.update(card)
                await self._services.ledger.update_card(self._case.handoff_id, card)
        except (ZhibanError, OSError) as error:
            logger.error("case %s: could not store facts: %s", self._case.handoff_id, error)

    async def add_words(self, text: str) -> None:
        """Append the caller's own words."""
        words = [*self._case.card.get("words", ()), text][-20:]
        await self.learn(ticket={"verbatim": words}, card={"words": words})

    async def learn_place(self, reading: AddressReading) -> bool:
        """Store the parts of an address that were read; True when a building is known now."""
        where = {**self._case.card["where"]}
        said = {name: str(getattr(reading, name) or "") for name in _PLACE_FIELDS}
        said = {name: value for name, value in said.items() if value}
        if not said:
            return False
        where.update(said)
        unconfirmed = [name for name in where["unconfirmed"] if name not in said]
        if reading.repaired:
            unconfirmed = sorted({*unconfirmed, *said})
        where["unconfirmed"] = unconfirmed
        await self.learn(
            ticket={**said, "details": {"kind": self._case.kind, "unconfirmed": unconfirmed}},
            card={"where": where},
        )
        return True


def place_of(reading: AddressReading | None, resident: ResidentRecord | None) -> dict[str, Any]:
    """Return where it is: what was said, completed by the calling number's home, unconfirmed."""
    where: dict[str, Any] = dict.fromkeys(_PLACE_FIELDS, "") | {"unconfirmed": []}
    if reading is not None:
        for name in _PLACE_FIELDS:
            where[name] = str(getattr(reading, name) or "")
        if reading.repaired:
            where["unconfirmed"] = [name for name in _PLACE_FIELDS if where[name]]
    if resident is not None and not where["building"]:
        for name in _PLACE_FIELDS:
            where[name] = getattr(resident, name)
        where["unconfirmed"] = [name for name in _PLACE_FIELDS if where[name]]
    return where


def describe_place(where: Mapping[str, Any]) -> str:
    """Return the place as people read it: ``5栋2单元1001``."""
    parts = [
        f"{where['building']}栋" if where.get("building") else "",
        f"{where['unit']}单元" if where.get("unit") else "",
        str(where.get("room") or ""),
    ]
    return "".join(parts)


def _reason(value: str) -> HandoffReason:
    try:
        return HandoffReason(value)
    except ValueError:
        return HandoffReason.CALLER_ASKED
