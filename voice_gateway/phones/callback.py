"""Calls an owner back for an agent who waits with open audio, and joins the two."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from redis.exceptions import RedisError

from voice_gateway.call.call import Call, CalledBack
from voice_gateway.call.holding import hold_call
from voice_gateway.call.registry import CallRegistry, Held
from voice_gateway.call.voice_call import VoiceLeg
from voice_gateway.emergency.case import Case
from voice_gateway.phones.dialled import follow_leg
from voice_gateway.phones.legs import media_url
from voice_gateway.phones.link import PhoneLink
from voice_gateway.phones.tones import ring_back
from voice_gateway.services import Services
from zhiban.calls.calling_back import (
    RING_SECONDS,
    CallBack,
    CallbackOutcome,
    callback_outcome,
    end,
    reached,
)
from zhiban.dialling import Dialler, DialOrder, LegEvent, LegEventName, Outcome
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.handoffs import HandoffRecord

logger = logging.getLogger(__name__)

CHANNEL = "callback"
_ANSWER_MARGIN_SECONDS = 8.0


class OwnerCall:
    """One call-back, from the order to the joined call or the reason why there is none.

    Args:
        services: stores, engines.
        registry: calls of this process.
        record: the due call-back.
        dialled: what the desk stored.
    """

    def __init__(
        self,
        services: Services,
        registry: CallRegistry,
        record: HandoffRecord,
        dialled: CallBack,
    ) -> None:
        self._services = services
        self._registry = registry
        self._record = record
        self._dialled = dialled
        self._dialler = Dialler(services.redis)
        loop = asyncio.get_running_loop()
        self._outcome: asyncio.Future[CallbackOutcome] = loop.create_future()
        self._joined: asyncio.Future[Held | None] = loop.create_future()

    async def ring(self, agent: PhoneLink) -> Held | CallbackOutcome:
        """Ring the owner while the agent hears it ring.

        Returns:
            The call with the owner, accepted for the agent; or why there is none, as written.
        """
        outcome = await self._dial(agent)
        if outcome is CallbackOutcome.ANSWERED:
            held = await self._joined
            return held if held is not None else CallbackOutcome.LOST
        await self._hang_up()
        await self._end(outcome)
        return outcome

    async def _dial(self, agent: PhoneLink) -> CallbackOutcome:
        if self._registry.full:
            return CallbackOutcome.UNAVAILABLE
        order = DialOrder(
            to=self._dialled.to,
            media_url=media_url(self._services.settings.gateway_url, self._dialled.leg_id),
            ring_seconds=RING_SECONDS,
            leg_id=self._dialled.leg_id,
        )
        with self._registry.legs.expect(order.leg_id, self._answered):
            following = asyncio.create_task(
                follow_leg(self._dialler, order, self._learn, self._outcome.done)
            )
            ringing = asyncio.create_task(ring_back(agent))
            leaving = asyncio.create_task(agent.gone.wait())
            either: set[asyncio.Future[Any]] = {self._outcome, leaving}
            try:
                await asyncio.wait(
                    either,
                    timeout=RING_SECONDS + _ANSWER_MARGIN_SECONDS,
                    return_when=asyncio.FIRST_COMPLETED,
                )
            finally:
                for task in (following, ringing, leaving):
                    task.cancel()
                await asyncio.gather(following, ringing, leaving, return_exceptions=True)
        if self._outcome.done():
            return self._outcome.result()
        return CallbackOutcome.CANCELLED if agent.gone.is_set() else CallbackOutcome.LOST

    def _learn(self, event: LegEvent) -> None:
        if event.name is not LegEventName.ENDED or self._outcome.done():
            return
        outcome = Outcome(event.data["outcome"])
        # Picked up, and its audio never came.
        unheard = outcome is Outcome.ANSWERED
        self._outcome.set_result(CallbackOutcome.LOST if unheard else callback_outcome(outcome))

    async def _answered(self, link: PhoneLink) -> str:
        """Hold the call with the owner, in the task of their audio."""
        if not self._outcome.done():
            self._outcome.set_result(CallbackOutcome.ANSWERED)
        call = Call(
            self._services,
            call_id=self._dialled.call_id,
            caller=self._dialled.to,
            channel=CHANNEL,
            arrival={"handoff_id": self._record.id, "earlier_call": self._record.call_id},
            called_back=CalledBack(Case.of(self._record), self._picked_up, self._ready),
        )
        leg = VoiceLeg(self._services, call, link)
        try:
            await hold_call(self._services, self._registry, call, leg, leg.run(), trusted=False)
        finally:
            if not self._joined.done():
                self._joined.set_result(None)
        return call.end_reason

    async def _picked_up(self) -> bool:
        services = self._services
        await self._end(CallbackOutcome.ANSWERED)
        try:
            await reached(services, self._record.id, self._dialled, services.settings.gateway_url)
        except ZhibanError as error:
            if error.code is not ErrorCode.HANDOFF_CONFLICT:
                raise
            # The owner called in at the same time, or somebody else has the case by now.
            logger.warning("handoff %s has moved on: %s", self._record.id, error.message)
            return False
        return True

    def _ready(self) -> None:
        self._joined.set_result(self._registry.held[self._dialled.call_id])

    async def _end(self, outcome: CallbackOutcome) -> None:
        """Write the outcome; what cannot be written the clock ends as lost."""
        try:
            await end(self._services, self._record.id, self._dialled, outcome)
        except Exception:
            logger.exception("handoff %s: call-back not ended", self._record.id)

    async def _hang_up(self) -> None:
        try:
            await self._dialler.hang_up(self._dialled.leg_id)
        except (RedisError, OSError) as error:
            logger.error("leg %s rings on: %s", self._dialled.leg_id, type(error).__name__)
