"""Calls an owner for the bot, which asks how satisfied they are (DLG-085…087)."""

from __future__ import annotations

import asyncio
import logging
import os

from redis.exceptions import RedisError

from bot.language.sentences import split_sentences
from voice_gateway.call.call import Call
from voice_gateway.call.holding import hold_call
from voice_gateway.call.registry import CallRegistry
from voice_gateway.call.surveying import SurveyBegun, begin_survey
from voice_gateway.call.voice_call import VoiceLeg
from voice_gateway.phones.link import PhoneLink
from voice_gateway.phones.outgoing import OwnerLeg
from voice_gateway.services import Services
from zhiban import redis_keys
from zhiban.calls.calling_back import CallbackOutcome
from zhiban.calls.survey_orders import SurveyOrder, free_ticket, make_group
from zhiban.calls.surveys import begun_survey, end_survey
from zhiban.errors import ZhibanError
from zhiban.redis_client import BLOCK_MS
from zhiban.tickets.satisfaction import SurveyOutcome

logger = logging.getLogger(__name__)

CHANNEL = "survey"
_RETRY_SECONDS = 1.0


class SurveyCall:
    """One survey by telephone, from the order to its end.

    Args:
        services: stores, engines.
        registry: calls of this process.
        order: whom to ring about what.
    """

    def __init__(self, services: Services, registry: CallRegistry, order: SurveyOrder) -> None:
        self._services = services
        self._registry = registry
        self._order = order
        self._over = asyncio.Event()

    async def run(self) -> None:
        """Ring and ask; whatever comes of it is written, and the ticket is free again."""
        order, services = self._order, self._services
        survey = begun_survey(order.call_id, order.by)
        try:
            outcome = await self._ring()
            if outcome:
                await end_survey(services, order.ticket_number, survey, outcome)
        except Exception:
            logger.exception("survey about %s: not ended", order.ticket_number)
        finally:
            await free_ticket(services.redis, order.ticket_number)

    async def _ring(self) -> str:
        """Return why nobody could be asked, or ``""`` when the talk is over."""
        order, services = self._order, self._services
        if order.is_late:
            return CallbackOutcome.UNAVAILABLE.value
        try:
            # Before it rings: who picks up must not wait, or be rung for nothing.
            begun = await begin_survey(
                services, order.call_id, order.ticket_number, order.by, called=True
            )
        except ZhibanError as error:
            logger.error("survey about %s: %s", order.ticket_number, error.message)
            return SurveyOutcome.FAILED.value
        rendering = asyncio.create_task(self._render(begun))
        leg = OwnerLeg(services, self._registry, order.to, order.leg_id)
        try:
            outcome = await leg.ring(lambda link: self._answered(link, begun))
        finally:
            rendering.cancel()
            await asyncio.gather(rendering, return_exceptions=True)
        if outcome is not CallbackOutcome.ANSWERED:
            return outcome.value
        await self._over.wait()
        return ""

    async def _answered(self, link: PhoneLink, begun: SurveyBegun) -> str:
        """Hold the call with the owner, in the task of their audio."""
        order, services = self._order, self._services
        call = Call(
            services,
            call_id=order.call_id,
            caller=order.to,
            channel=CHANNEL,
            arrival={"ticket_number": order.ticket_number},
            survey=begun,
        )
        leg = VoiceLeg(services, call, link)
        try:
            await hold_call(services, self._registry, call, leg, leg.run(), trusted=False)
        finally:
            self._over.set()
        return call.end_reason

    async def _render(self, begun: SurveyBegun) -> None:
        """Have the opening spoken while it rings."""
        try:
            for text in begun.opening.texts:
                await self._services.speaker.warm(split_sentences(text))
        except Exception as error:
            # It is spoken when it is wanted, a moment later.
            logger.warning("survey: opening not rendered: %s", type(error).__name__)


class SurveyCalls:
    """Takes the desk's orders, each once.

    Args:
        services: stores, engines.
        registry: calls of this process.
    """

    def __init__(self, services: Services, registry: CallRegistry) -> None:
        self._services = services
        self._registry = registry
        self._calls: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Take orders until cancelled; outages of Redis are waited out."""
        name = f"{os.uname().nodename}-{os.getpid()}"
        try:
            while True:
                try:
                    await make_group(self._services.redis)
                    await self._take(name)
                except (RedisError, OSError) as error:
                    logger.error("surveys: no orders can come: %s", type(error).__name__)
                    await asyncio.sleep(_RETRY_SECONDS)
        finally:
            for task in self._calls:
                task.cancel()
            await asyncio.gather(*self._calls, return_exceptions=True)

    async def _take(self, name: str) -> None:
        redis, group = self._services.redis, redis_keys.SURVEY_GROUP
        while True:
            found = await redis.xreadgroup(
                group, name, {redis_keys.SURVEY_ORDERS: ">"}, block=BLOCK_MS
            )
            for _, entries in found or []:
                for entry_id, fields in entries:
                    # Acknowledged first: nobody must be rung twice.
                    await redis.xack(redis_keys.SURVEY_ORDERS, group, entry_id)
                    self._begin(fields.get("order", ""))

    def _begin(self, raw: str) -> None:
        try:
            order = SurveyOrder.from_json(raw)
        except ValueError:
            logger.error("surveys: an order that cannot be read")
            return
        task = asyncio.create_task(SurveyCall(self._services, self._registry, order).run())
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)
