"""Somebody on a telephone talks with the caller: joined, told how to end, asked how it ended."""

from __future__ import annotations

import asyncio
import logging

from voice_gateway.call.agent_leg import AgentLeg
from voice_gateway.call.registry import Held
from voice_gateway.conference.loss import report_lost
from voice_gateway.phones.link import PhoneLink
from voice_gateway.phones.voice import PhoneVoice, say_privately
from voice_gateway.phones.wrapup import KEYS, dispose
from voice_gateway.services import Services
from zhiban.errors import ZhibanError
from zhiban.handoffs import HandoffRecord

logger = logging.getLogger(__name__)

_END = "#"
_TWICE_WITHIN_SECONDS = 3.0
WRAP_UP_SECONDS = 20.0


class PhoneTalk:
    """One person on a telephone, from the pressed 1 to the end.

    Hanging up looks the same as a dead radio cell, so it is taken for a lost line and the caller
    goes on to the next; who means to end the call presses the sharp key twice.

    Args:
        services: stores, voice.
        held: the call.
        agent_id: whose telephone it is.
        name: as the desks show it.
    """

    def __init__(self, services: Services, held: Held, agent_id: str, name: str) -> None:
        self._services = services
        self._held = held
        self._agent_id = agent_id
        self._name = name
        self._ending: asyncio.Task[None] | None = None

    async def run(self, link: PhoneLink, voice: PhoneVoice, record: HandoffRecord) -> str:
        """Join the call and stay; returns why the telephone is hung up."""
        call = self._held.call
        leg = AgentLeg(self._services, self._held, link, self._agent_id, briefed=True)
        ending = asyncio.create_task(self._wait_for_end(link))
        telling = asyncio.create_task(self._tell_how_to_end(leg, link))
        try:
            await leg.run()
        except ZhibanError as error:
            logger.error("handoff %s: %s", record.id, error.message)
            return error.code.value
        finally:
            ending.cancel()
            telling.cancel()
            await asyncio.gather(ending, telling, return_exceptions=True)
        if self._ending is not None:
            await self._ending
        if call.ended.is_set():
            await self._wrap_up(link, voice, record)
            return call.end_reason
        if leg.who.dropped.is_set():
            return leg.who.why
        if call.given_back.is_set():
            return "returned"
        await report_lost(self._held.conference, record.id, self._agent_id)
        return "agent_gone"

    async def _tell_how_to_end(self, leg: AgentLeg, link: PhoneLink) -> None:
        """Say it over the caller's first words, to the telephone alone: nobody waits for it."""
        await leg.joined.wait()
        phrase = self._services.community.phrase("phone_how_to_end")
        await say_privately(self._services, self._held.leg.room, phrase, link.sample_rate)

    async def _wait_for_end(self, link: PhoneLink) -> None:
        while not link.gone.is_set():
            if not await link.key(_END, 3600.0):
                continue
            if await link.key("0123456789*#", _TWICE_WITHIN_SECONDS) == _END:
                # Goes on to its end even when the telephone is hung up meanwhile.
                self._ending = asyncio.create_task(self._held.call.end("agent_hung_up"))
                return

    async def _wrap_up(self, link: PhoneLink, voice: PhoneVoice, record: HandoffRecord) -> None:
        """Ask how it ended; without an answer the clock takes care that the owner is called back."""
        if link.gone.is_set():
            return
        asking = asyncio.create_task(voice.phrase("phone_wrap_up"))
        key = await link.key(KEYS, WRAP_UP_SECONDS)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        voice.hush()
        if not key:
            return
        try:
            await dispose(self._services, record.id, self._agent_id, self._name, key)
        except Exception:
            logger.exception("handoff %s: how it ended is not written", record.id)
            return
        await voice.phrase("phone_noted")
