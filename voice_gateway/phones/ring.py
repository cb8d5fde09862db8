"""Rings one telephone for one waiting caller, and finds out whether a person takes the call."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from redis.exceptions import RedisError

from voice_gateway.call.registry import Held
from voice_gateway.conference.briefing import briefing_text
from voice_gateway.links.link import Parting
from voice_gateway.phones.dialled import follow_leg
from voice_gateway.phones.legs import PhoneLegs, media_url
from voice_gateway.phones.link import PhoneLink
from voice_gateway.phones.outcomes import DECLINED, HUNG_UP, LOST, NO_KEY, Missed, missed
from voice_gateway.phones.voice import PhoneVoice
from voice_gateway.services import Services
from zhiban import redis_keys
from zhiban.clock import iso_ms, utc_now
from zhiban.dialling import Dialler, DialOrder, LegEvent, LegEventName, Outcome
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.handoffs import HandoffReason, HandoffRecord, HandoffState
from zhiban.timeline import EventName

logger = logging.getLogger(__name__)

KEY_SECONDS = 20.0
"""From the answer to the pressed key; a voicemail presses none."""
_ANSWER_MARGIN_SECONDS = 8.0
"""The user agent keeps the ring time itself; this is for one that does not."""
_PAUSE_SECONDS = 2.0
_RETRY_SECONDS = 0.5
_TAKE, _DECLINE = "1", "2"

Talk = Callable[[PhoneLink, PhoneVoice, HandoffRecord], Awaitable[str]]
"""Joins the telephone to the call; returns why it is hung up."""


@dataclass(frozen=True)
class RingingLeg:
    """A telephone the desk wants rung, as the handoff's hash says.

    Attributes:
        id: of the leg.
        to: number or SIP address.
        agent_id: whose it is.
    """

    id: str
    to: str
    agent_id: str
    name: str

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> RingingLeg | None:
        """Read the hash; None unless a telephone is to ring now."""
        if fields.get("state") != HandoffState.OFFERED or not fields.get("leg"):
            return None
        return cls(
            fields["leg"],
            fields.get("leg_to", ""),
            fields.get("offered_to", ""),
            fields.get("agent_name", ""),
        )


class PhoneRing:
    """One telephone, from the order to its verdict.

    Args:
        services: stores, voice.
        legs: this process's legs.
        held: the waiting call.
        handoff_id: its case.
        leg: the telephone.
        talk: what follows a pressed 1.
    """

    def __init__(
        self,
        services: Services,
        legs: PhoneLegs,
        held: Held,
        handoff_id: str,
        leg: RingingLeg,
        talk: Talk,
    ) -> None:
        self.leg = leg
        self._services = services
        self._legs = legs
        self._held = held
        self._handoff_id = handoff_id
        self._talk = talk
        self._dialler = Dialler(services.redis)
        self._verdict: asyncio.Future[Missed | None] = asyncio.get_running_loop().create_future()
        self._withdrawn = asyncio.Event()
        self._arrived = False
        self._taking = False

    async def run(self) -> None:
        """Ring, and write what came of it; the talk, if any, goes on in the media's own task."""
        try:
            verdict = await self._ring()
        finally:
            if not self._arrived:
                await self._hang_up()
        if verdict is not None:
            await self._move(verdict)

    def withdraw(self) -> None:
        """Somebody else has the call, or nobody is on the line any more."""
        if not self._taking:
            self._withdrawn.set()
            self._decide(None)

    async def _ring(self) -> Missed | None:
        record = await self._services.ledger.get(self._handoff_id)
        chain = self._services.community.chain_for(record.kind, record.level)
        ring_seconds = chain[min(record.stage, len(chain) - 1)].ring_seconds
        order = DialOrder(
            to=self.leg.to,
            media_url=media_url(self._services.settings.gateway_url, self.leg.id),
            ring_seconds=ring_seconds,
            leg_id=self.leg.id,
        )
        with self._legs.expect(self.leg.id, self._answered):
            following = asyncio.create_task(
                follow_leg(self._dialler, order, self._learn, self._verdict.done)
            )
            try:
                async with asyncio.timeout(ring_seconds + _ANSWER_MARGIN_SECONDS + KEY_SECONDS):
                    return await self._verdict
            except TimeoutError:
                return LOST
            finally:
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)

    def _learn(self, event: LegEvent) -> None:
        if event.name is not LegEventName.ENDED:
            return
        outcome = Outcome(event.data["outcome"])
        if outcome is not Outcome.ANSWERED:
            self._decide(missed(outcome))
        elif not self._arrived:
            # It was picked up, and its audio never came.
            self._decide(LOST)

    async def _answered(self, link: PhoneLink) -> str:
        """Tell what it is about and wait for the key."""
        self._arrived = True
        record = await self._services.ledger.get(self._handoff_id)
        await self._services.timeline.append(
            record.call_id,
            EventName.HANDOFF_WHISPERED,
            {"handoff_id": record.id, "agent_id": self.leg.agent_id, "leg": self.leg.id},
        )
        voice = PhoneVoice(self._services, link)
        telling = asyncio.create_task(self._tell(voice, record))
        try:
            key = await self._key(link)
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)
            voice.hush()
        try:
            if key == _TAKE and await self._take(record):
                return await self._talk(link, voice, record)
            if self._withdrawn.is_set() or key == _TAKE:
                await voice.phrase("phone_taken")
                return "taken"
            self._decide(_verdict_of(key, link))
            return "not_taken"
        finally:
            voice.close()

    async def _tell(self, voice: PhoneVoice, record: HandoffRecord) -> None:
        while True:
            await voice.say(briefing_text(record))
            await voice.phrase("phone_press_one")
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _key(self, link: PhoneLink) -> str:
        pressed = asyncio.create_task(link.key(_TAKE + _DECLINE, KEY_SECONDS))
        withdrawn = asyncio.create_task(self._withdrawn.wait())
        try:
            await asyncio.wait({pressed, withdrawn}, return_when=asyncio.FIRST_COMPLETED)
            return pressed.result() if pressed.done() else ""
        finally:
            pressed.cancel()
            withdrawn.cancel()

    async def _take(self, record: HandoffRecord) -> bool:
        """Accept the call for whoever pressed 1; False when somebody else was faster."""
        self._taking = True
        taken = await self._change(
            HandoffState.ACCEPTED,
            HandoffReason.AGENT_ANSWERED,
            by=self.leg.agent_id,
            changes={
                "agent_id": self.leg.agent_id,
                "agent_name": self.leg.name,
                "accepted_at": iso_ms(utc_now()),
                "rest_until": "",
            },
            data={"leg": self.leg.id},
        )
        self._decide(None)
        return taken

    async def _move(self, verdict: Missed) -> None:
        """Write that this telephone brought nobody; the clock goes on from there."""
        while not self._held.call.ended.is_set():
            try:
                await self._change(
                    verdict.state,
                    verdict.reason,
                    by="gateway",
                    data={"leg": self.leg.id, "outcome": verdict.outcome},
                )
                return
            except (RedisError, OSError) as error:
                logger.error("handoff %s: %s", self._handoff_id, type(error).__name__)
                await asyncio.sleep(_RETRY_SECONDS)

    async def _change(
        self,
        after: HandoffState,
        reason: HandoffReason,
        *,
        by: str,
        changes: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
    ) -> bool:
        """Move the case while it is this leg's; False when it is not any more."""
        while True:
            fields = await self._services.redis.hgetall(redis_keys.handoff(self._handoff_id))
            now = RingingLeg.of(fields)
            if now is None or now.id != self.leg.id:
                return False
            try:
                await self._services.ledger.move(
                    self._handoff_id,
                    HandoffState.OFFERED,
                    after,
                    reason,
                    by=by,
                    changes=changes,
                    data=data,
                    rev=int(fields.get("rev", "0")),
                )
                return True
            except ZhibanError as error:
                # Somebody wrote in the same moment: look whose it is now.
                if error.code is not ErrorCode.HANDOFF_CONFLICT:
                    raise

    async def _hang_up(self) -> None:
        try:
            await self._dialler.hang_up(self.leg.id)
        except (RedisError, OSError) as error:
            logger.error("leg %s rings on: %s", self.leg.id, type(error).__name__)

    def _decide(self, verdict: Missed | None) -> None:
        if not self._verdict.done():
            self._verdict.set_result(verdict)


def _verdict_of(key: str, link: PhoneLink) -> Missed:
    if key == _DECLINE:
        return DECLINED
    if not link.gone.is_set():
        return NO_KEY
    return HUNG_UP if link.parting is Parting.HUNG_UP else LOST
