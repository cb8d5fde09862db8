"""Opens cases: the ticket first, then the request for a person, before anything rings."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from voice_gateway.emergency.case import Case
from voice_gateway.services import Services
from zhiban.calls.again import is_danger, join_case, open_case_of, withdraw_for
from zhiban.calls.missed import base_card, open_tickets, request_for
from zhiban.calls.place import describe_place, place_of
from zhiban.calls.report import EmergencyReport, card_caller
from zhiban.community import ResidentRecord
from zhiban.emergencies import EMERGENCY_LABELS
from zhiban.errors import ZhibanError
from zhiban.handoffs import HandoffReason, HandoffRecord, HandoffState
from zhiban.tickets import Category, TicketDraft

_LABELS = {"manager": "要求找经理"}
_LOOK_SECONDS = 2.0
"""A caller must not wait for the greeting much longer than this."""
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
        self._requests = 0

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
                known = await open_case_of(services, self._caller, but=self._call_id)
                if known is not None and report.is_same_as(known.kind, known.card):
                    record = await self._join(known, report.words)
                else:
                    filed = await services.tickets.file(report.draft(services.community), by="bot")
                    record = await request_for(services, report, filed["number"])
        except BaseException:
            services.spool.keep(report, durable=True)
            raise
        services.spool.drop(report)
        return Case.of(record)

    async def resume(self) -> Case | None:
        """Join a call that has just begun to the open emergency of its number, if it has one.

        Raises:
            Exception: a store fails.
        """
        async with asyncio.timeout(_LOOK_SECONDS):
            known = await open_case_of(self._services, self._caller, but=self._call_id)
            if known is None or not is_danger(known):
                return None
            return Case.of(await self._join(known, ()))

    async def ring_again(self, case: Case) -> Case:
        """Have this call's own case rung for again, if it was turned into a call-back.

        Raises:
            Exception: a store fails.
        """
        record = await self._services.ledger.get(case.handoff_id)
        if record.state is not HandoffState.CALLBACK_DUE:
            return case
        return Case.of(await self._join(record, ()))

    async def _join(self, known: HandoffRecord, words: Sequence[str]) -> HandoffRecord:
        node = self._services.settings.gateway_url
        return await join_case(self._services, known, self._call_id, node, words)

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
        services = self._services
        known = await open_case_of(services, self._caller, but=self._call_id)
        if known is not None and await self._only_a_call(ticket_number):
            record = await self._join(known, words)
            if ticket_number:
                await withdraw_for(services, ticket_number, record.ticket_number)
            if kind == "manager" and not is_danger(record):
                record = await services.ledger.raise_to(
                    record.id,
                    kind=kind,
                    level=0,
                    priority=min(record.priority, 1),
                    ticket_number=record.ticket_number,
                    card={"kind": kind, "label": _LABELS[kind]},
                )
            return Case.of(record)
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
                filing_key=f"request:{self._call_id}:{self._requests}",
            )
            ticket = await self._services.tickets.file(draft, by="bot", allow_incomplete=True)
            ticket_number = ticket["number"]
        case = await self._request(
            kind,
            _reason(reason),
            ticket_number,
            {"label": _LABELS.get(kind, "转人工"), "where": where, "words": words, "what": what},
        )
        self._requests += 1
        return case

    async def _only_a_call(self, ticket_number: str) -> bool:
        """Return whether a ticket, if there is one, says no more than that somebody calls back."""
        if not ticket_number:
            return True
        try:
            ticket = await self._services.tickets.get(ticket_number)
        except ZhibanError:
            return False
        return bool(ticket["category"] == Category.CALLBACK)

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
