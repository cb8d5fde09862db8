"""Has telephones rung for one call, as the stored case wants it.

What is stored is what counts: :meth:`PhoneRinger.reconcile` makes it so and may be called at any
time, so that a lost event costs nothing but a moment.
"""

from __future__ import annotations

import asyncio
import logging

from voice_gateway.call.registry import Held
from voice_gateway.phones.legs import PhoneLegs
from voice_gateway.phones.ring import PhoneRing, RingingLeg
from voice_gateway.phones.talk import PhoneTalk
from voice_gateway.services import Services
from zhiban import redis_keys

logger = logging.getLogger(__name__)


class PhoneRinger:
    """The telephones of one waiting call, one at a time.

    Args:
        services: stores, voice.
        legs: this process's legs.
        held: the call.
    """

    def __init__(self, services: Services, legs: PhoneLegs, held: Held) -> None:
        self._services = services
        self._legs = legs
        self._held = held
        self._ring: PhoneRing | None = None
        self._rung: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def reconcile(self, handoff_id: str) -> None:
        """Ring what is to be rung now; let go of what is not any more.

        Raises:
            RedisError: the store does not answer.
        """
        fields = await self._services.redis.hgetall(redis_keys.handoff(handoff_id))
        wanted = RingingLeg.of(fields)
        if fields.get("call_id") != self._held.call.call_id:
            wanted = None
        if self._ring is not None and (wanted is None or wanted.id != self._ring.leg.id):
            self._ring.withdraw()
            self._ring = None
        if wanted is None or wanted.id in self._rung or self._held.call.ended.is_set():
            return
        self._rung.add(wanted.id)
        talk = PhoneTalk(self._services, self._held, wanted.agent_id, wanted.name)
        self._ring = ring = PhoneRing(
            self._services, self._legs, self._held, handoff_id, wanted, talk.run
        )
        task = asyncio.create_task(ring.run(), name=f"ring {wanted.id}")
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def close(self) -> None:
        """The call is over: nothing rings on."""
        if self._ring is not None:
            self._ring.withdraw()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            # The clock's own deadline goes on to the next.
            logger.error("%s failed", task.get_name(), exc_info=task.exception())
