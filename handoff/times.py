"""Arithmetic on the ISO times that records hold: every timer is derived from one of them."""

from __future__ import annotations

from datetime import datetime, timedelta

from zhiban.clock import iso_ms


def parse(moment: str) -> datetime:
    """Return the aware moment of an ISO 8601 text."""
    return datetime.fromisoformat(moment)


def after(moment: str, seconds: float) -> datetime:
    """Return the moment so many seconds after a stored one."""
    return parse(moment) + timedelta(seconds=seconds)


def iso_after(moment: datetime, seconds: float) -> str:
    """Return, as text to store, the moment so many seconds later."""
    return iso_ms(moment + timedelta(seconds=seconds))
