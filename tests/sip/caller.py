"""Somebody at a telephone who calls a house: speaks turn by turn, and sees what is written of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soxr

from tests.sip.peer import until
from tests.sip.phone import Phone, phone, write_speech
from tests.support.house import House
from tests.support.speech import Samples, samples_of
from zhiban import redis_keys
from zhiban.redis_client import BLOCK_MS, RedisClient, open_redis
from zhiban.timeline import EventName, TimelineEvent

Event = dict[str, Any]

_QUIET_SECONDS = 1.2
"""The bot is between two sentences for less."""


def narrow(speech: Samples) -> Samples:
    """Return 16 kHz speech at a telephone's 8 kHz."""
    found: Samples = soxr.resample(speech, 16_000, 8_000)
    return found


@dataclass
class PhoneCaller:
    """A caller whose telephone is in a call with the house.

    Attributes:
        telephone: what they speak into.
        number: theirs.
        call_id: the house's, once it has begun the call.
        events: what the house wrote of the call so far.
    """

    telephone: Phone
    number: str
    call_id: str = ""
    events: list[Event] = field(default_factory=list)
    _said_at: float = 0.0

    async def wait_event(self, name: str, seconds: float = 30.0, *, after: int = 0) -> Event:
        """Wait for an event by name, beyond the first ``after`` events.

        Raises:
            TimeoutError: none comes.
        """
        await until(lambda: self._place(name, after) is not None, seconds)
        return self.events[self._place(name, after) or 0]

    async def wait_quiet(self, seconds: float = 60.0) -> None:
        """Wait until the bot has finished speaking, as the telephone hears it.

        Raises:
            TimeoutError: it never does.
        """
        loop = asyncio.get_running_loop()

        def quiet() -> bool:
            since = loop.time() - self._said_at
            return since > _QUIET_SECONDS and self.telephone.is_quiet(_QUIET_SECONDS)

        await until(quiet, seconds)

    async def ask(self, _name: str, pcm: bytes) -> None:
        """Say something (s16le, 16 kHz) and listen until the bot has finished its answer.

        Raises:
            TimeoutError: it is not heard, or not answered.
        """
        seen = len(self.events)
        await self.telephone.say(narrow(samples_of(pcm)))
        await self.wait_event(EventName.CALLER_TURN, after=seen)
        heard = self._place(EventName.CALLER_TURN, seen)
        await self.wait_event(EventName.BOT_SAID, after=heard or 0)
        await self.wait_quiet()

    async def hang_up(self) -> Event:
        """Hang up and wait until the house has written that the call is over.

        Raises:
            TimeoutError: it does not.
        """
        await self.telephone.command("hangup")
        return await self.wait_event(EventName.CALL_ENDED, 10.0)

    async def follow(self, redis: RedisClient, last: str) -> None:
        """Take in the events of this number's call until cancelled."""
        while True:
            found = await redis.xread({redis_keys.TIMELINE: last}, block=BLOCK_MS)
            for _, entries in found or []:
                for entry_id, fields in entries:
                    last = entry_id
                    self._take(TimelineEvent.from_fields(fields))

    def _take(self, event: TimelineEvent) -> None:
        if (event.name, event.data.get("caller")) == (EventName.CALL_STARTED, self.number):
            self.call_id = event.call_id
        if event.call_id == self.call_id:
            self.events.append(event.to_dict())
            if event.name == EventName.BOT_SAID:
                self._said_at = asyncio.get_running_loop().time()

    def _place(self, name: str, after: int) -> int | None:
        places = range(after, len(self.events))
        return next((at for at in places if self.events[at]["name"] == name), None)


@asynccontextmanager
async def phone_caller(folder: Path, house: House, number: str) -> AsyncIterator[PhoneCaller]:
    """Call a house by telephone; the block begins when the house has begun the call.

    Raises:
        TimeoutError: it does not take the call.
    """
    silence = write_speech(folder / "silence.wav", np.zeros(60 * 8_000, dtype=np.float32))
    account = f"<sip:{number}@127.0.0.1>;regint=0"
    redis = open_redis(house.settings.redis)
    newest = await redis.xrevrange(redis_keys.TIMELINE, count=1)
    async with phone(folder / "phone", source=silence, account=account) as telephone:
        caller = PhoneCaller(telephone, number)
        following = asyncio.create_task(caller.follow(redis, newest[0][0] if newest else "0"))
        try:
            await telephone.dial(f"sip:4001@{house.settings.sip_listen}")
            await caller.wait_event(EventName.CALL_STARTED, 15.0)
            await telephone.wait("CALL_ESTABLISHED")
            yield caller
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
            await redis.aclose()
