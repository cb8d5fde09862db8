"""Masks personal data before it reaches a log line or a screen (SEC-005)."""

from __future__ import annotations

import logging
import re

_PHONE = re.compile(r"(?<!\d)(1\d{2})\d{4}(\d{4})(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)(0\d{2,3}-?)\d{3,4}(\d{4})(?!\d)")


def mask_phone(number: str | None) -> str:
    """Return the number with its middle hidden: ``138****5678``; short ones wholly hidden."""
    if not number:
        return ""
    if len(number) < 7:
        return "*" * len(number)
    return f"{number[:3]}****{number[-4:]}"


def mask_name(name: str | None) -> str:
    """Return the surname only: ``李**``."""
    return name[:1] + "*" * (len(name) - 1) if name else ""


def mask_text(text: str) -> str:
    """Hide every phone number that stands in free text."""
    text = _PHONE.sub(r"\1****\2", text)
    return _LANDLINE.sub(r"\1****\2", text)


class MaskingFilter(logging.Filter):
    """Logging filter: no phone number gets past it, whoever wrote the message."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask the finished message; always lets the record through."""
        message = record.getMessage()
        masked = mask_text(message)
        if masked != message:
            record.msg, record.args = masked, None
        return True


def configure_logging(level: str = "INFO") -> None:
    """Set up process-wide logging with masking on every handler."""
    logging.basicConfig(
        level=level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True
    )
    for handler in logging.getLogger().handlers:
        handler.addFilter(MaskingFilter())
