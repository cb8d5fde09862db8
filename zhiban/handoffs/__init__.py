"""Handoffs: durable requests for a person, their states and legal edges."""

from zhiban.handoffs.ledger import HandoffLedger
from zhiban.handoffs.record import HandoffRecord
from zhiban.handoffs.scripts import Owed
from zhiban.handoffs.states import CLOSED_STATES, HandoffReason, HandoffState, is_legal

__all__ = [
    "CLOSED_STATES",
    "HandoffLedger",
    "HandoffReason",
    "HandoffRecord",
    "HandoffState",
    "Owed",
    "is_legal",
]
