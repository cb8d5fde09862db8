"""Ringing a telephone: what is ordered of the SIP user agent, and what came of it."""

from zhiban.dialling.dialler import Dialler
from zhiban.dialling.order import DialOrder, LegEvent, LegEventName
from zhiban.dialling.outcome import LegCause, Outcome

__all__ = ["DialOrder", "Dialler", "LegCause", "LegEvent", "LegEventName", "Outcome"]
