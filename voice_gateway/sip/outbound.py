"""Takes orders to ring telephones, each once, within the limits."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re

import aiohttp
from redis.exceptions import RedisError, ResponseError

from voice_gateway.sip.leg import NUMBER, Leg, LegEnd
from voice_gateway.sip.limits import Limits
from voice_gateway.sip.settings import SipSettings
from voice_gateway.sip.stack import Stack
from zhiban import redis_keys
from zhiban.clock import utc_now
from zhiban.dialling import DialOrder, Outcome
from zhiban.dialling.dialler import LIFE_MS
from zhiban.redis_client import BLOCK_MS, RedisClient

logger = logging.getLogger(__name__)

_RETRY_SECONDS = 1.0
_BEAT_SECONDS = LIFE_MS / 1000 / 3
_ADDRESS = re.compile(r"sip:[\w.+*#-]+@([\w.-]+)(:\d{1,5})?")


class Outbound:
    """Takes orders from Redis and rings.

    Args:
        settings: which carrier, which peers.
        stack: dials.
        session: carries the machine token.
        redis: where orders come from.
        limits: counts the lines.
    """

    def __init__(
        self,
        settings: SipSettings,
        stack: Stack,
        session: aiohttp.ClientSession,
        redis: RedisClient,
        limits: Limits,
    ) -> None:
        self._settings = settings
        self._stack = stack
        self._session = session
        self._redis = redis
        self._limits = limits
        self._legs: dict[asyncio.Task[None], Leg] = {}

    async def run(self) -> None:
        """Take orders until cancelled; outages of Redis are waited out."""
        name = f"{os.uname().nodename}-{os.getpid()}"
        beat = asyncio.create_task(self._beat())
        try:
            away = False
            while True:
                try:
                    await self._take(name)
                except (RedisError, OSError) as error:
                    if not away:
                        logger.error("sip: no orders can come: %s", type(error).__name__)
                    away = True
                    await asyncio.sleep(_RETRY_SECONDS)
        finally:
            beat.cancel()
            await asyncio.gather(beat, return_exceptions=True)

    async def stop(self) -> None:
        """Hang all legs up and wait until that has been told."""
        for leg in self._legs.values():
            await leg.stop()
        await asyncio.gather(*self._legs, return_exceptions=True)

    def route(self, to: str) -> str | None:
        """Return the SIP URI for a number, or for an address at a peer; None without a route."""
        if NUMBER.fullmatch(to):
            return f"sip:{to}@{self._settings.carrier}" if self._settings.carrier else None
        found = _ADDRESS.fullmatch(to)
        return to if found and self._stack.peers.allows(found[1]) else None

    async def _take(self, name: str) -> None:
        try:
            await self._redis.xgroup_create(
                redis_keys.SIP_ORDERS, redis_keys.SIP_GROUP, id="$", mkstream=True
            )
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise
        while True:
            found = await self._redis.xreadgroup(
                redis_keys.SIP_GROUP, name, {redis_keys.SIP_ORDERS: ">"}, block=BLOCK_MS
            )
            for _, entries in found or []:
                for entry_id, fields in entries:
                    # Acknowledged first: a call must never be placed twice.
                    await self._redis.xack(redis_keys.SIP_ORDERS, redis_keys.SIP_GROUP, entry_id)
                    await self._begin(fields)

    async def _begin(self, fields: dict[str, str]) -> None:
        try:
            order = DialOrder.from_json(fields.get("order", ""))
        except ValueError:
            logger.error("sip: an order that cannot be read")
            return
        uri = self.route(order.to)
        leg = Leg(order, self._stack, self._session, self._redis, uri or "")
        if utc_now() > order.expires:
            await leg.tell_end(LegEnd(Outcome.EXPIRED))
        elif uri is None:
            await leg.tell_end(LegEnd(Outcome.UNREACHABLE, reason="no_route"))
        elif (refusal := self._limits.take()) is not None:
            await leg.tell_end(LegEnd(Outcome.NO_LINE, reason=refusal.value))
        else:
            task = asyncio.create_task(leg.run())
            self._legs[task] = leg
            task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._legs.pop(task)
        self._limits.release()

    async def _beat(self) -> None:
        while True:
            with contextlib.suppress(RedisError, OSError):
                await self._redis.set(redis_keys.SIP_ALIVE, "1", px=LIFE_MS)
            await asyncio.sleep(_BEAT_SECONDS)
