"""Calls that come in: taken within the limits, joined to the gateway, kept while it is away."""

from __future__ import annotations

import asyncio
import logging
import math
import struct

import aiohttp
from baresip import Call

from voice_gateway.sip.bridge import Bridge
from voice_gateway.sip.limits import Limits
from voice_gateway.sip.media import RATE
from voice_gateway.sip.numbers import Numbers, numbers_of
from voice_gateway.sip.telephone import SipCause, Telephone
from voice_gateway.sip.voice_link import Heard, VoiceLink
from zhiban.errors import ZhibanError
from zhiban.masking import mask_phone

logger = logging.getLogger(__name__)

_ACK_SECONDS = 5.0
_AGAIN_SECONDS = 1.0
_TONE_SECONDS = 0.2
_TONE_EVERY_SECONDS = 2.0
_TONE_HZ = 440


class Inbound:
    """Takes calls.

    Args:
        session: carries the machine token.
        url: the gateway's voice endpoint.
        limits: counts the lines.
        keep_seconds: how long a caller is kept while the gateway is away.
    """

    def __init__(
        self, session: aiohttp.ClientSession, url: str, limits: Limits, keep_seconds: float
    ) -> None:
        self._session = session
        self._url = url
        self._limits = limits
        self._keep = keep_seconds
        self._calls: dict[asyncio.Task[None], Telephone] = {}
        self._stopping = False

    def take(self, call: Call) -> None:
        """Deal with a call that has come in; must not block."""
        telephone = Telephone(call)
        task = asyncio.create_task(self._deal(telephone, numbers_of(call.headers)))
        self._calls[task] = telephone
        task.add_done_callback(self._forget)

    async def stop(self) -> None:
        """Hang all calls up and wait until the gateway has been told."""
        self._stopping = True
        for telephone in self._calls.values():
            await telephone.hang_up()
        await asyncio.gather(*self._calls, return_exceptions=True)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._calls.pop(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("sip: a call broke off", exc_info=task.exception())

    async def _deal(self, telephone: Telephone, numbers: Numbers) -> None:
        refusal = self._limits.take()
        if refusal is not None:
            logger.warning("sip: call from %s refused: %s", mask_phone(numbers.caller), refusal)
            await telephone.refuse()
            return
        try:
            await self._hold(telephone, numbers)
        finally:
            await telephone.hang_up()
            self._limits.release()

    async def _hold(self, telephone: Telephone, numbers: Numbers) -> None:
        link = self._new_link(telephone, numbers)
        try:
            # A telephone is never picked up with nobody there: a PBX goes on to a person instead.
            await link.open()
        except ZhibanError as error:
            logger.error("sip: call from %s refused: %s", mask_phone(numbers.caller), error.message)
            await telephone.refuse()
            return
        logger.info("sip: %s from %s", link.call_id, mask_phone(numbers.caller))
        while True:
            # From the first moment: a link that nobody reads answers no heartbeat.
            bridge = asyncio.create_task(Bridge(telephone, link).run())
            if not await self._picked_up(telephone):
                bridge.cancel()
                await asyncio.wait({bridge})
                break
            heard = await bridge
            if heard is not Heard.LOST:
                break
            logger.error("sip: %s: the gateway is gone", link.call_id)
            await link.close()
            again = await self._link_again(telephone, numbers)
            if again is None:
                return
            link = again
        await link.hang_up(self._cause(telephone))
        logger.info("sip: %s: %s; %s", link.call_id, self._cause(telephone), telephone.quality)

    async def _picked_up(self, telephone: Telephone) -> bool:
        if telephone.closed.is_set():
            return False
        return telephone.established.is_set() or await telephone.answer(_ACK_SECONDS)

    def _cause(self, telephone: Telephone) -> str:
        return SipCause.STOPPED if self._stopping else telephone.cause

    def _new_link(self, telephone: Telephone, numbers: Numbers) -> VoiceLink:
        start = {
            "channel": "sip",
            "caller": numbers.caller,
            "dialled": numbers.dialled,
            "sip_call_id": telephone.sip_call_id,
            "pbx_call_id": numbers.pbx_call,
        }
        return VoiceLink(self._session, self._url, start)

    async def _link_again(self, telephone: Telephone, numbers: Numbers) -> VoiceLink | None:
        """Return a new link for a caller whose gateway died; None when none comes in time."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._keep
        toned = 0.0
        telephone.media.clear()
        while loop.time() < until and not telephone.closed.is_set():
            if loop.time() - toned >= _TONE_EVERY_SECONDS:
                toned = loop.time()
                telephone.media.write(_TONE)
            telephone.media.read()  # what is said to nobody must not arrive later
            link = self._new_link(telephone, numbers)
            try:
                await link.open()
                return link
            except ZhibanError:
                await asyncio.sleep(_AGAIN_SECONDS)
        return None


def _tone() -> bytes:
    count = int(RATE * _TONE_SECONDS)
    waves = (math.sin(2 * math.pi * _TONE_HZ * at / RATE) for at in range(count))
    return b"".join(struct.pack("<h", int(3_000 * wave)) for wave in waves)


_TONE = _tone()
"""Says that the line is still there."""
