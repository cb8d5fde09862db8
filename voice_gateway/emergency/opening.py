"""Opens cases: the ticket first, then the request for a person, before anything rings."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from voice_gateway.emergency.case import Case
from voice_gateway.services import Services
from zhiban.calls.missed import base_card, open_tickets, request_for
from zhiban.calls.place import describe_place, place_of
from zhiban.calls.report import EmergencyReport, card_caller
from zhiban.community import ResidentRecord
from zhiban.emergencies import EMERGENCY_LABELS
from zhiban.handoffs import HandoffReason
from zhiban.tickets import Category, TicketDraft

_STORE_SECONDS = 6.0
"""A store that hangs for so long has failed: the caller hears so and it is tried again."""


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
        self._emergencies = 0

    def report(
        self, kind: str, level: int, words: list[str], facts: Mapping[str, Any]
    ) -> EmergencyReport:
        """Make the report of a new emergency, to be opened, however often that is tried.

        Args:
            kind: emergency kind.
            level: 1-3.
            words: what the caller said, newest last.
            facts: what the dialogue engine knew already, for the card.
        """
        self._emergencies += 1
        return EmergencyReport.heard(
            number=self._emergencies,
            call_id=self._call_id,
            caller=self._caller,
            node=self._services.settings.gateway_url,
            kind=kind,
            level=level,
            words=words,
            community=self._services.community,
            roster=self._services.roster,
            facts=facts,
        )

    async def open_emergency(self, report: EmergencyReport) -> Case:
        """Store an emergency: ticket, then request; a request waiting in this call is raised.

        The report lies in the spool until both are stored; :meth:`EmergencySpool.held` has put it
        there. When a store fails the error goes on to the caller of this method, who keeps the
        owner on the line and tries again.

        Raises:
            Exception: ticket or request could not be stored.
        """
        services = self._services
        try:
            async with asyncio.timeout(_STORE_SECONDS):
                ticket = await services.tickets.file(report.draft(services.community), by="bot")
                record = await request_for(services, report, ticket["number"])
        except BaseException:
            services.spool.keep(report, durable=True)
            raise
        services.spool.drop(report)
        return Case.of(record)

    async def correct(self, case: Case, kind: str, level: int, text: str) -> None:
        """Give an open emergency the kind that its whole words show."""
        label = EMERGENCY_LABELS[kind]
        place = describe_place(case.card.get("where", {})) or "位置待确认"
        await self._services.tickets.amend(
            case.ticket_number,
            lambda ticket: {
                "problem": f"{label}：{text}",
                "summary": f"{label}，{place}",
                "level": level,
                "details": {**ticket["details"], "kind": kind},
            },
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
            _reason(reason),
            ticket_number,
            {"label": label, "where": where, "words": words, "what": what},
        )

    async def _request(
        self, kind: str, reason: HandoffReason, ticket_number: str, facts: Mapping[str, Any]
    ) -> Case:
        services = self._services
        record = await services.ledger.request(
            call_id=self._call_id,
            ticket_number=ticket_number,
            kind=kind,
            level=0,
            priority=1,
            reason=reason,
            node=services.settings.gateway_url,
            card={
                **base_card(kind, 0),
                "caller": card_caller(self._resident, self._caller),
                "open_tickets": await open_tickets(services, self._caller, but=ticket_number),
                **facts,
            },
        )
        return Case.of(record)


def _reason(value: str) -> HandoffReason:
    try:
        return HandoffReason(value)
    except ValueError:
        return HandoffReason.CALLER_ASKED
