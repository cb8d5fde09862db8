"""The messages between whoever wants a telephone rung and the SIP user agent."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from zhiban.clock import iso_ms, utc_now

_TAKEN_WITHIN = timedelta(seconds=5)


class LegEventName(StrEnum):
    """What happens to a leg, in this order; ``ended`` comes once and last."""

    DIALLING = "dialling"
    RINGING = "ringing"
    EARLY_MEDIA = "early_media"
    ANSWERED = "answered"
    DTMF = "dtmf"
    ENDED = "ended"


def new_leg_id() -> str:
    """Return an id that nobody else has."""
    return f"leg-{secrets.token_hex(8)}"


@dataclass(frozen=True)
class DialOrder:
    """A telephone to ring.

    Attributes:
        to: a number, or a ``sip:`` address at an allowed peer.
        media_url: WebSocket that gets the answered leg's audio, in the voice link's protocol.
        ring_seconds: longest ringing, in seconds.
        caller_id: number to show, where the trunk allows it.
        leg_id: unique.
        expires_at: UTC ISO time after which it is not dialled any more; five seconds by default.
    """

    to: str
    media_url: str
    ring_seconds: float = 25.0
    caller_id: str = ""
    leg_id: str = field(default_factory=new_leg_id)
    expires_at: str = field(default_factory=lambda: iso_ms(utc_now() + _TAKEN_WITHIN))

    @property
    def expires(self) -> datetime:
        """When it expires."""
        return datetime.fromisoformat(self.expires_at)

    def to_json(self) -> str:
        """Return its message."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, raw: str) -> DialOrder:
        """Read its message; fields of later versions are left out.

        Raises:
            ValueError: it is no order.
        """
        body = json.loads(raw)
        if not isinstance(body, dict) or not body.get("leg_id"):
            raise ValueError("no order")
        try:
            order = cls(to=str(body["to"]), media_url=str(body["media_url"]))
            known = {name: body[name] for name in asdict(order) if name in body}
            order = replace(order, **known)
            return replace(order, ring_seconds=float(order.ring_seconds), expires_at=_time(order))
        except (KeyError, TypeError) as error:
            raise ValueError("no order") from error


def _time(order: DialOrder) -> str:
    return iso_ms(order.expires)


@dataclass(frozen=True)
class LegEvent:
    """Something that happened to a leg.

    Attributes:
        name: what.
        data: ``answered``: after_ms, early_media; ``dtmf``: digit; ``ended``: outcome, status
            (SIP, 0 without one), reason, cause (of an answered call), seconds talked.
    """

    name: LegEventName
    data: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return its message."""
        return json.dumps({**self.data, "event": self.name.value, "at": iso_ms(utc_now())})

    @classmethod
    def from_json(cls, raw: str) -> LegEvent:
        """Read its message.

        Raises:
            ValueError: it is no event.
        """
        body = json.loads(raw)
        return cls(LegEventName(body.pop("event")), body)
