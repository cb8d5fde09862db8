"""Opens cases: the ticket first, then the request for a person, before anything rings."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.language.address import read_address
from voice_gateway.emergency.case import Case, describe_place, place_of
from voice_gateway.services import Services
from zhiban.clock import iso_ms, utc_now
from zhiban.community import ResidentRecord
from zhiban.emergencies import EMERGENCY_LABELS
from zhiban.handoffs import HandoffReason, HandoffRecord
from zhiban.tickets import Category, Promise, TicketDraft, Urgency

logger = logging.getLogger(__name__)


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

    async def open_emergency(
        self, kind: str, level: int, words: list[str], facts: Mapping[str, Any]
    ) -> Case:
        """Open an emergency case from the caller's words.

        Args:
            kind: emergency kind.
            level: 1-3.
            words: what the caller said, newest last.
            facts: what the dialogue engine knew already, for the card.

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
            {"label": label, "where": where, "words": words, "known": dict(facts)},
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


def _reason(value: str) -> HandoffReason:
    try:
        return HandoffReason(value)
    except ValueError:
        return HandoffReason.CALLER_ASKED
