"""The stores that work on calls needs, whichever room does it."""

from __future__ import annotations

from typing import Protocol

from zhiban.community import Community
from zhiban.handoffs import HandoffLedger
from zhiban.redis_client import RedisClient
from zhiban.tickets import TicketService
from zhiban.timeline import Timeline


class CallStores(Protocol):
    """Anything that holds these: the gateway's services, the desk's stores."""

    @property
    def redis(self) -> RedisClient:
        """A client with ``decode_responses=True``."""

    @property
    def timeline(self) -> Timeline:
        """Events."""

    @property
    def tickets(self) -> TicketService:
        """Tickets."""

    @property
    def ledger(self) -> HandoffLedger:
        """Handoffs."""

    @property
    def community(self) -> Community:
        """The site's facts."""
