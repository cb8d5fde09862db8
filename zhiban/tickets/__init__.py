"""Tickets: what every call ends as."""

from zhiban.tickets.categories import Category, Status, Urgency, prefix_of
from zhiban.tickets.draft import Promise, TicketDraft, TicketIncompleteError
from zhiban.tickets.service import TicketService

__all__ = [
    "Category",
    "Promise",
    "Status",
    "TicketDraft",
    "TicketIncompleteError",
    "TicketService",
    "Urgency",
    "prefix_of",
]
