"""Keeps numbers out of the log: the stack writes SIP addresses."""

from __future__ import annotations

import logging
import re

from zhiban.masking import configure_logging, mask_phone

_USER = re.compile(r"((?:sips?|tel):)([^@;>,\s]+)", re.IGNORECASE)


class AddressFilter(logging.Filter):
    """Masks the user part of every SIP address."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask the finished message; always lets the record through."""
        message = record.getMessage()
        masked = mask_addresses(message)
        if masked != message:
            record.msg, record.args = masked, None
        return True


def mask_addresses(text: str) -> str:
    """Hide the user part of SIP addresses in a text."""
    return _USER.sub(lambda found: found[1] + mask_phone(found[2]), text)


def configure(level: str) -> None:
    """Set up logging of this process."""
    configure_logging(level)
    for handler in logging.getLogger().handlers:
        handler.addFilter(AddressFilter())
