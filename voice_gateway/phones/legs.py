"""Telephone legs this process has ordered: who deals with each when its media arrives."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from voice_gateway.phones.link import PhoneLink

Answered = Callable[[PhoneLink], Awaitable[str]]
"""Deals with an answered telephone; returns why it is hung up."""


class PhoneLegs:
    """The legs that may be answered."""

    def __init__(self) -> None:
        self._expected: dict[str, Answered] = {}

    @contextmanager
    def expect(self, leg_id: str, answered: Answered) -> Iterator[None]:
        """Let a leg's media in while this lasts."""
        self._expected[leg_id] = answered
        try:
            yield
        finally:
            self._expected.pop(leg_id, None)

    def take(self, leg_id: str) -> Answered | None:
        """Return who deals with a leg, once."""
        return self._expected.pop(leg_id, None)


def media_url(gateway_url: str, leg_id: str) -> str:
    """Return the address to which the user agent brings an answered leg's audio."""
    scheme, _, rest = gateway_url.rstrip("/").partition("://")
    return f"{'wss' if scheme == 'https' else 'ws'}://{rest}/v1/phones/{leg_id}"
