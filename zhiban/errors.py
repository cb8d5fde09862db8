"""Typed errors: each has a stable code and says whether trying again can help."""

from __future__ import annotations

from enum import StrEnum


class ErrorCode(StrEnum):
    """Stable codes, safe to show, log and match on."""

    BAD_SETTING = "bad_setting"
    SITE_DATA_INVALID = "site_data_invalid"
    SITE_DATA_MISSING = "site_data_missing"
    TICKET_INCOMPLETE = "ticket_incomplete"
    TICKET_UNKNOWN = "ticket_unknown"
    HANDOFF_UNKNOWN = "handoff_unknown"
    HANDOFF_CONFLICT = "handoff_conflict"
    HANDOFF_ILLEGAL = "handoff_illegal"
    CALL_UNKNOWN = "call_unknown"
    STORE_UNAVAILABLE = "store_unavailable"
    DIALOGUE_UNAVAILABLE = "dialogue_unavailable"
    RECOGNITION_FAILED = "recognition_failed"
    SYNTHESIS_FAILED = "synthesis_failed"
    ACCESS_DENIED = "access_denied"
    BAD_MESSAGE = "bad_message"
    NO_LINE = "no_line"
    PBX_UNAVAILABLE = "pbx_unavailable"
    PBX_REFUSED = "pbx_refused"
    CHANNEL_UNKNOWN = "channel_unknown"


class ZhibanError(Exception):
    """Base of our errors.

    Args:
        message: one line for the person who has to act on it; never personal data.
        code: stable identifier.
        retryable: whether the same call may succeed later without a change.
    """

    def __init__(self, message: str, *, code: ErrorCode, retryable: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.retryable = retryable
