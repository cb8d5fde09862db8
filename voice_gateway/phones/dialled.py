"""Follows a telephone leg over outages of Redis."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from redis.exceptions import RedisError

from zhiban.dialling import Dialler, DialOrder, LegEvent

logger = logging.getLogger(__name__)

_RETRY_SECONDS = 0.5


async def follow_leg(
    dialler: Dialler,
    order: DialOrder,
    learn: Callable[[LegEvent], None],
    decided: Callable[[], bool],
) -> None:
    """Order a call and pass on its events, to the last or until nobody wants them any more."""
    events = dialler.place(order)
    while True:
        try:
            async for event in events:
                learn(event)
            return
        except (RedisError, OSError) as error:
            logger.error("leg %s: %s", order.leg_id, type(error).__name__)
        if decided():
            return
        await asyncio.sleep(_RETRY_SECONDS)
        events = dialler.follow(order.leg_id, order)
