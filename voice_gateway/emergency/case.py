"""A case: a ticket and a handoff that belong together, and what is learned while it rings."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from typing import Any

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from bot.language.address import AddressReading
from voice_gateway.services import Services
from zhiban.calls.place import PLACE_FIELDS
from zhiban.emergencies import EMERGENCY_LABELS
from zhiban.errors import ZhibanError
from zhiban.handoffs import HandoffRecord

logger = logging.getLogger(__name__)

_WORDS_KEPT = 20


@dataclass
class Case:
    """What is known so far.

    Attributes:
        kind: emergency kind, or ``human`` / ``manager``.
        level: 1-3 for emergencies, 0 otherwise.
        card: what the agent reads.
    """

    kind: str
    level: int
    ticket_number: str
    handoff_id: str
    card: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, record: HandoffRecord) -> Case:
        """Make one of an open handoff."""
        return cls(record.kind, record.level, record.ticket_number, record.id, dict(record.card))

    @property
    def is_emergency(self) -> bool:
        """Whether somebody may be in danger."""
        return self.kind in EMERGENCY_LABELS


class CaseNotes:
    """Adds what is learned to a case's ticket and card."""

    def __init__(self, services: Services, case: Case) -> None:
        self._services = services
        self._case = case

    async def learn(
        self, *, ticket: Mapping[str, Any] | None = None, card: Mapping[str, Any] | None = None
    ) -> None:
        """Store new facts; a failure to store is logged and never ends the call.

        Details and words are added to what the desk has written there meanwhile.
        """
        if ticket:
            await self._keep(
                self._services.tickets.amend(
                    self._case.ticket_number,
                    lambda known: _added(known, ticket),
                    by="bot",
                    what="caller_said",
                )
            )
        if card:
            self._case.card.update(card)
            await self._keep(self._services.ledger.update_card(self._case.handoff_id, card))

    async def _keep(self, writing: Awaitable[object]) -> None:
        try:
            await writing
        except (ZhibanError, RedisError, SQLAlchemyError, OSError) as error:
            kind = type(error).__name__
            logger.error("case %s: could not store facts: %s", self._case.handoff_id, kind)

    async def add_words(self, text: str) -> None:
        """Append the caller's own words."""
        words = [*self._case.card.get("words", ()), text][-_WORDS_KEPT:]
        await self.learn(ticket={"verbatim": [text]}, card={"words": words})

    async def learn_place(self, reading: AddressReading) -> bool:
        """Store the parts of an address that were read; True when a building is known now."""
        where = {**self._case.card["where"]}
        said = {name: str(getattr(reading, name) or "") for name in PLACE_FIELDS}
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


def _added(ticket: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the new values of fields, joined to what the ticket holds."""
    added = dict(facts)
    if "details" in added:
        added["details"] = {**ticket["details"], **added["details"]}
    if "verbatim" in added:
        added["verbatim"] = [*ticket["verbatim"], *added["verbatim"]][-_WORDS_KEPT:]
    return added
