"""Calls an owner back for an agent who waits with open audio, and joins the two."""

from __future__ import annotations

import asyncio
import logging

from voice_gateway.call.call import Call, CalledBack
from voice_gateway.call.holding import hold_call
from voice_gateway.call.registry import CallRegistry, Held
from voice_gateway.call.voice_call import VoiceLeg
from voice_gateway.emergency.case import Case
from voice_gateway.phones.link import PhoneLink
from voice_gateway.phones.outgoing import OwnerLeg
from voice_gateway.phones.tones import ring_back
from voice_gateway.services import Services
from zhiban.calls.calling_back import CallBack, CallbackOutcome, end, reached
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.handoffs import HandoffRecord

logger = logging.getLogger(__name__)

CHANNEL = "callback"


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
        self._leg = OwnerLeg(services, registry, dialled.to, dialled.leg_id)
        loop = asyncio.get_running_loop()
        self._joined: asyncio.Future[Held | None] = loop.create_future()

    async def ring(self, agent: PhoneLink) -> Held | CallbackOutcome:
        """Ring the owner while the agent hears it ring.

        Returns:
            The call with the owner, accepted for the agent; or why there is none, as written.
        """
        ringing = asyncio.create_task(ring_back(agent))
        try:
            outcome = await self._leg.ring(self._answered, agent.gone)
        finally:
            ringing.cancel()
            await asyncio.gather(ringing, return_exceptions=True)
        if outcome is CallbackOutcome.ANSWERED:
            held = await self._joined
            return held if held is not None else CallbackOutcome.LOST
        await self._end(outcome)
        return outcome

    async def _answered(self, link: PhoneLink) -> str:
        """Hold the call with the owner, in the task of their audio."""
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
