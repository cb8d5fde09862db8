"""One telephone that is rung by order, from dialling to a typed outcome."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
from dataclasses import dataclass

import aiohttp
from baresip import BaresipError
from redis.exceptions import RedisError

from voice_gateway.sip.bridge import Bridge
from voice_gateway.sip.stack import Stack
from voice_gateway.sip.telephone import SipCause, Telephone
from voice_gateway.sip.voice_link import Heard, VoiceLink
from zhiban import redis_keys
from zhiban.dialling import DialOrder, LegCause, LegEvent, LegEventName, Outcome
from zhiban.dialling.dialler import EVENTS_KEPT_SECONDS, LIFE_MS
from zhiban.dialling.outcome import outcome_of
from zhiban.errors import ZhibanError
from zhiban.masking import mask_phone
from zhiban.redis_client import BLOCK_MS, RedisClient

logger = logging.getLogger(__name__)

NUMBER = re.compile(r"[+*#]?[\d*#]{2,20}")
"""What can be dialled through a carrier."""
_RETRY_SECONDS = 0.5
_BEAT_SECONDS = LIFE_MS / 1000 / 3


@dataclass(frozen=True)
class LegEnd:
    """How a leg ended; the fields of its last event."""

    outcome: Outcome
    status: int = 0
    reason: str = ""
    cause: str = ""
    seconds: float = 0.0


class Leg:
    """One telephone that is rung.

    Args:
        order: whom and how long.
        stack: dials.
        session: carries the machine token to the media's WebSocket.
        redis: where its events go and its commands come from.
        uri: what to dial.
    """

    def __init__(
        self,
        order: DialOrder,
        stack: Stack,
        session: aiohttp.ClientSession,
        redis: RedisClient,
        uri: str,
    ) -> None:
        self._order = order
        self._stack = stack
        self._session = session
        self._redis = redis
        self._uri = uri
        self._told_off = False
        self._over = False
        self._telephone: Telephone | None = None

    async def run(self) -> None:
        """Ring it, join it, and tell everything that happens."""
        helpers = [asyncio.create_task(self._beat()), asyncio.create_task(self._obey())]
        try:
            end = await self._ring()
        except Exception:
            logger.exception("sip: %s broke off", self._order.leg_id)
            end = LegEnd(Outcome.UNREACHABLE, reason="fault")
        self._over = True
        if self._telephone is not None:
            await self._telephone.hang_up()
        await self.tell_end(end)
        for helper in helpers:
            helper.cancel()
        # One that was in a command to the stack may have missed that; it looks around soon.
        await asyncio.wait(helpers)

    async def stop(self) -> None:
        """Hang up; :meth:`run` tells the rest."""
        self._told_off = True
        if self._telephone is not None:
            await self._telephone.hang_up()

    async def tell_end(self, end: LegEnd) -> None:
        """Tell how it ended."""
        shown = mask_phone(self._order.to) if NUMBER.fullmatch(self._order.to) else "address"
        logger.info("sip: %s to %s: %s %s", self._order.leg_id, shown, end.outcome, end.status)
        data: dict[str, object] = {
            "outcome": end.outcome.value,
            "status": end.status,
            "reason": end.reason,
            "cause": end.cause,
            "seconds": round(end.seconds, 1),
        }
        await self._tell(LegEventName.ENDED, data)

    async def _ring(self) -> LegEnd:
        loop = asyncio.get_running_loop()
        await self._tell(LegEventName.DIALLING, {})
        try:
            telephone = await self._stack.dial(self._uri, self._order.caller_id)
        except (BaresipError, ValueError) as error:
            return LegEnd(Outcome.UNREACHABLE, reason=str(error))
        self._telephone = telephone
        begun = loop.time()
        told: set[LegEventName] = set()
        await self._tell_progress(telephone, told)
        while not (telephone.established.is_set() or telephone.closed.is_set()):
            left = self._order.ring_seconds - (loop.time() - begun)
            if left <= 0 or self._told_off:
                return self._unanswered(telephone)
            telephone.changed.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await telephone.changed.wait()
            await self._tell_progress(telephone, told)
        if not telephone.established.is_set():
            return self._failed(telephone)
        after_ms = round((loop.time() - begun) * 1000)
        early = telephone.early_media
        await self._tell(LegEventName.ANSWERED, {"after_ms": after_ms, "early_media": early})
        answered = loop.time()
        cause, reason = await self._join(telephone)
        return LegEnd(
            Outcome.ANSWERED, telephone.status[0], reason, cause.value, loop.time() - answered
        )

    async def _tell_progress(self, telephone: Telephone, told: set[LegEventName]) -> None:
        for name, so in (
            (LegEventName.RINGING, telephone.rang),
            (LegEventName.EARLY_MEDIA, telephone.early_media),
        ):
            if so and name not in told:
                told.add(name)
                await self._tell(name, {})

    def _unanswered(self, telephone: Telephone) -> LegEnd:
        if self._told_off:
            return LegEnd(Outcome.CANCELLED)
        if telephone.early_media and not telephone.rang:
            return LegEnd(Outcome.EARLY_MEDIA, reason="ring_timer")
        return LegEnd(Outcome.NO_ANSWER, reason="ring_timer")

    def _failed(self, telephone: Telephone) -> LegEnd:
        status, words = telephone.status
        if self._told_off:
            return LegEnd(Outcome.CANCELLED, status, words)
        outcome = outcome_of(status)
        announced = telephone.early_media and not telephone.rang
        if announced and outcome is Outcome.UNREACHABLE:
            outcome = Outcome.EARLY_MEDIA
        return LegEnd(outcome, status, words)

    async def _join(self, telephone: Telephone) -> tuple[LegCause, str]:
        start = {"channel": "sip", "caller": self._order.to, "leg_id": self._order.leg_id}
        link = VoiceLink(self._session, self._order.media_url, start)
        try:
            await link.open(wait_started=False)
        except ZhibanError as error:
            return LegCause.LINK_LOST, error.message
        digits = asyncio.create_task(self._tell_digits(telephone, link))
        try:
            heard = await Bridge(telephone, link, keys=False).run()
        finally:
            digits.cancel()
            await asyncio.gather(digits, return_exceptions=True)
        if heard is Heard.LOST:
            await link.close()
            return LegCause.LINK_LOST, ""
        if heard is Heard.ENDED:
            await link.close()
            return LegCause.GATEWAY_ENDED, link.ended
        if self._told_off:
            cause = LegCause.HUNG_UP
        elif telephone.cause is SipCause.NO_MEDIA:
            cause = LegCause.NO_MEDIA
        else:
            cause = LegCause.CALLEE_HUNG_UP
        await link.hang_up(telephone.cause)
        return cause, telephone.status[1]

    async def _tell_digits(self, telephone: Telephone, link: VoiceLink) -> None:
        while True:
            digit = await telephone.digits.get()
            await link.press(digit)
            await self._tell(LegEventName.DTMF, {"digit": digit})

    async def _tell(self, name: LegEventName, data: dict[str, object]) -> None:
        """Write an event; without Redis whoever waits is told by the missing sign of life."""
        key = redis_keys.sip_leg_events(self._order.leg_id)
        try:
            await self._redis.xadd(key, {"event": LegEvent(name, data).to_json()})
            await self._redis.expire(key, EVENTS_KEPT_SECONDS)
        except (RedisError, OSError) as error:
            logger.error("sip: %s: event not told: %s", self._order.leg_id, type(error).__name__)

    async def _beat(self) -> None:
        key = redis_keys.sip_leg_alive(self._order.leg_id)
        while not self._over:
            with contextlib.suppress(RedisError, OSError):
                await self._redis.set(key, "1", px=LIFE_MS)
            await asyncio.sleep(_BEAT_SECONDS)

    async def _obey(self) -> None:
        key, last = redis_keys.sip_leg_commands(self._order.leg_id), "0"
        while not self._over:
            try:
                for _, entries in await self._redis.xread({key: last}, block=BLOCK_MS) or []:
                    for entry_id, fields in entries:
                        last = entry_id
                        await self._do(json.loads(fields["command"]))
            except (RedisError, OSError, ValueError, KeyError) as error:
                logger.error("sip: %s: %s", self._order.leg_id, type(error).__name__)
                await asyncio.sleep(_RETRY_SECONDS)

    async def _do(self, command: dict[str, str]) -> None:
        if command.get("command") == "hangup":
            await self.stop()
        elif command.get("command") == "dtmf" and self._telephone is not None:
            await self._telephone.press(str(command.get("digits") or ""))
