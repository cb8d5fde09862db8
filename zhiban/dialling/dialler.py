"""Has telephones rung by whichever SIP user agent is free, over Redis."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

from zhiban import redis_keys
from zhiban.clock import utc_now
from zhiban.dialling.order import DialOrder, LegEvent, LegEventName
from zhiban.dialling.outcome import LegCause, Outcome
from zhiban.redis_client import RedisClient

LIFE_MS = 4_000
"""A leg whose user agent shows no sign of life for so long is lost."""
EVENTS_KEPT_SECONDS = 3600
_LOOK_MS = 1_000
_ORDERS_KEPT = 1_000


class Dialler:
    """Orders calls and tells what becomes of them.

    Args:
        redis: a client with ``decode_responses=True``.
    """

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    async def place(self, order: DialOrder) -> AsyncIterator[LegEvent]:
        """Order a call and yield its events; the last one is ``ended``.

        Raises:
            RedisError: Redis is away; :meth:`follow` again when it is back.
        """
        if not await self._redis.exists(redis_keys.SIP_ALIVE):
            yield _ended(Outcome.NO_LINE, "no_user_agent")
            return
        await self._redis.xadd(
            redis_keys.SIP_ORDERS, {"order": order.to_json()}, maxlen=_ORDERS_KEPT, approximate=True
        )
        async for event in self.follow(order.leg_id, order):
            yield event

    async def follow(self, leg_id: str, order: DialOrder | None = None) -> AsyncIterator[LegEvent]:
        """Yield all events of a leg from its first; the last one is ``ended``.

        Args:
            leg_id: of an order placed by anybody within the last hour.
            order: if given, an order that nobody takes before it expires ends by itself.

        Raises:
            RedisError: Redis is away.
        """
        key, last, answered, taken = redis_keys.sip_leg_events(leg_id), "0", False, False
        while True:
            found = await self._redis.xread({key: last}, block=_LOOK_MS)
            for _, entries in found or []:
                for entry_id, fields in entries:
                    last, taken = entry_id, True
                    event = LegEvent.from_json(fields["event"])
                    answered = answered or event.name is LegEventName.ANSWERED
                    yield event
                    if event.name is LegEventName.ENDED:
                        return
            if found or await self._redis.exists(redis_keys.sip_leg_alive(leg_id)):
                continue
            if await self._redis.xread({key: last}):
                continue  # it ended between the two looks
            if taken or order is None:
                yield _lost(answered)
                return
            if utc_now() > order.expires:
                yield _ended(Outcome.EXPIRED, "not_taken")
                return

    async def hang_up(self, leg_id: str) -> None:
        """Hang up, or stop ringing."""
        await self._command(leg_id, {"command": "hangup"})

    async def press(self, leg_id: str, digits: str) -> None:
        """Press keys, for an automatic attendant on the other side."""
        await self._command(leg_id, {"command": "dtmf", "digits": digits})

    async def _command(self, leg_id: str, command: dict[str, str]) -> None:
        key = redis_keys.sip_leg_commands(leg_id)
        await self._redis.xadd(key, {"command": json.dumps(command)})
        await self._redis.expire(key, EVENTS_KEPT_SECONDS)


def _ended(outcome: Outcome, reason: str, cause: str = "") -> LegEvent:
    return LegEvent(
        LegEventName.ENDED,
        {"outcome": outcome.value, "status": 0, "reason": reason, "cause": cause, "seconds": 0},
    )


def _lost(answered: bool) -> LegEvent:
    if answered:
        return _ended(Outcome.ANSWERED, "user_agent_lost", LegCause.LINK_LOST.value)
    return _ended(Outcome.UNREACHABLE, "user_agent_lost")
