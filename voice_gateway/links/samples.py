"""Keeps samples whole that a link delivers in pieces of any length."""

from __future__ import annotations


class WholeSamples:
    """A sample is two bytes; a split one waits for its other half."""

    def __init__(self) -> None:
        self._odd = b""

    def take(self, data: bytes) -> bytes:
        """Return the whole samples there are now; may be empty."""
        data = self._odd + data
        cut = len(data) - len(data) % 2
        self._odd = data[cut:]
        return data[:cut]
