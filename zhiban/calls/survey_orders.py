"""Orders of the desk to a gateway: ring an owner and ask how satisfied they are."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from redis.exceptions import ResponseError

from zhiban import redis_keys
from zhiban.clock import iso_ms, utc_now
from zhiban.masking import mask_phone
from zhiban.redis_client import RedisClient

BUSY_SECONDS = 600
"""A survey that has not ended by then was lost with its gateway; the ticket is free for another."""
_TAKEN_WITHIN = timedelta(seconds=10)


@dataclass(frozen=True)
class SurveyOrder:
    """An owner to be rung.

    Attributes:
        ticket_number: what it is about.
        to: number.
        by: the agent who wants it.
        call_id: of the call it becomes.
        leg_id: the telephone's.
        expires_at: UTC ISO time after which nobody is rung any more.
    """

    ticket_number: str
    to: str
    by: str
    call_id: str
    leg_id: str
    expires_at: str = field(default_factory=lambda: iso_ms(utc_now() + _TAKEN_WITHIN))

    @property
    def is_late(self) -> bool:
        """Whether it was not taken in time."""
        return utc_now() > datetime.fromisoformat(self.expires_at)

    def told(self) -> dict[str, str]:
        """Return what the timeline says of it."""
        return {
            "ticket_number": self.ticket_number,
            "by": self.by,
            "to": mask_phone(self.to),
            "leg": self.leg_id,
        }

    def to_json(self) -> str:
        """Return its message."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, raw: str) -> SurveyOrder:
        """Read its message.

        Raises:
            ValueError: it is no order.
        """
        try:
            return cls(**json.loads(raw))
        except TypeError as error:
            raise ValueError("no order") from error


async def claim_ticket(redis: RedisClient, order: SurveyOrder) -> bool:
    """Keep others from ringing about the same ticket; False when somebody does already."""
    key = redis_keys.survey(order.ticket_number)
    return bool(await redis.set(key, order.call_id, nx=True, ex=BUSY_SECONDS))


async def free_ticket(redis: RedisClient, ticket_number: str) -> None:
    """Let the next survey about a ticket begin."""
    await redis.delete(redis_keys.survey(ticket_number))


async def send_order(redis: RedisClient, order: SurveyOrder) -> None:
    """Give an order to whichever gateway takes it first."""
    await make_group(redis)
    await redis.xadd(
        redis_keys.SURVEY_ORDERS, {"order": order.to_json()}, maxlen=1_000, approximate=True
    )


async def make_group(redis: RedisClient) -> None:
    """Make the group of those who take orders, if nobody has."""
    try:
        await redis.xgroup_create(
            redis_keys.SURVEY_ORDERS, redis_keys.SURVEY_GROUP, id="$", mkstream=True
        )
    except ResponseError:
        pass  # it exists
