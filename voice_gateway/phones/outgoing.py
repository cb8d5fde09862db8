"""Rings an owner's telephone: for an agent who waits, or for the bot."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from redis.exceptions import RedisError

from voice_gateway.call.registry import CallRegistry
from voice_gateway.phones.dialled import follow_leg
from voice_gateway.phones.legs import Answered, media_url
from voice_gateway.phones.link import PhoneLink
from voice_gateway.services import Services
from zhiban.calls.calling_back import RING_SECONDS, CallbackOutcome, callback_outcome
from zhiban.dialling import Dialler, DialOrder, LegEvent, LegEventName, Outcome

logger = logging.getLogger(__name__)

_ANSWER_MARGIN_SECONDS = 8.0


class OwnerLeg:
    """One telephone, rung once.

    Args:
        services: stores.
        registry: calls and legs of this process.
        to: number.
        leg_id: unique.
    """

    def __init__(self, services: Services, registry: CallRegistry, to: str, leg_id: str) -> None:
        self._services = services
        self._registry = registry
        self._to = to
        self._leg_id = leg_id
        self._dialler = Dialler(services.redis)
        loop = asyncio.get_running_loop()
        self._outcome: asyncio.Future[CallbackOutcome] = loop.create_future()

    async def ring(
        self, answered: Answered, given_up: asyncio.Event | None = None
    ) -> CallbackOutcome:
        """Ring until it is picked up, cannot be, or is given up; who was not reached is hung up.

        Args:
            answered: deals with the telephone once it is picked up.
            given_up: set when nobody wants it any more.
        """
        outcome = await self._ring(answered, given_up or asyncio.Event())
        if outcome is not CallbackOutcome.ANSWERED:
            await self._hang_up()
        return outcome

    async def _ring(self, answered: Answered, given_up: asyncio.Event) -> CallbackOutcome:
        if self._registry.full:
            return CallbackOutcome.UNAVAILABLE
        order = DialOrder(
            to=self._to,
            media_url=media_url(self._services.settings.gateway_url, self._leg_id),
            ring_seconds=RING_SECONDS,
            leg_id=self._leg_id,
        )

        async def picked_up(link: PhoneLink) -> str:
            if not self._outcome.done():
                self._outcome.set_result(CallbackOutcome.ANSWERED)
            link.whole = True
            return await answered(link)

        with self._registry.legs.expect(order.leg_id, picked_up):
            following = asyncio.create_task(
                follow_leg(self._dialler, order, self._learn, self._outcome.done)
            )
            leaving = asyncio.create_task(given_up.wait())
            either: set[asyncio.Future[Any]] = {self._outcome, leaving}
            try:
                await asyncio.wait(
                    either,
                    timeout=RING_SECONDS + _ANSWER_MARGIN_SECONDS,
                    return_when=asyncio.FIRST_COMPLETED,
                )
            finally:
                for task in (following, leaving):
                    task.cancel()
                await asyncio.gather(following, leaving, return_exceptions=True)
        if self._outcome.done():
            return self._outcome.result()
        return CallbackOutcome.CANCELLED if given_up.is_set() else CallbackOutcome.LOST

    def _learn(self, event: LegEvent) -> None:
        if event.name is not LegEventName.ENDED or self._outcome.done():
            return
        outcome = Outcome(event.data["outcome"])
        # Picked up, and its audio never came.
        unheard = outcome is Outcome.ANSWERED
        self._outcome.set_result(CallbackOutcome.LOST if unheard else callback_outcome(outcome))

    async def _hang_up(self) -> None:
        try:
            await self._dialler.hang_up(self._leg_id)
        except (RedisError, OSError) as error:
            logger.error("leg %s rings on: %s", self._leg_id, type(error).__name__)
