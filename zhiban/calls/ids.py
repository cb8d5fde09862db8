"""Ids of calls."""

from __future__ import annotations

import secrets
from datetime import datetime

from zhiban.clock import CHINA


def new_call_id() -> str:
    """Return an id that sorts by time and cannot be guessed."""
    return f"call-{datetime.now(CHINA):%Y%m%d%H%M%S}-{secrets.token_hex(6)}"
