"""Telephones at the dialling interface, on the wire: Redis streams and the media's WebSocket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from redis.exceptions import ResponseError

from tests.conference.support import Line
from zhiban import redis_keys
from zhiban.dialling import DialOrder, LegEvent, LegEventName, Outcome
from zhiban.dialling.dialler import LIFE_MS
from zhiban.redis_client import RedisClient, open_redis

PHONE_HZ = 740.0
_RATE = 8_000
_NAME = "test-phones"


@dataclass
class Telephone:
    """One telephone that has been rung.

    Attributes:
        line: its audio, once answered.
        hung_up: set when it was told to stop.
    """

    order: DialOrder
    redis: RedisClient
    line: Line
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)
    ended: bool = False

    async def tell(self, name: LegEventName, **data: Any) -> None:
        """Write an event of the leg."""
        event = LegEvent(name, data)
        await self.redis.xadd(
            redis_keys.sip_leg_events(self.order.leg_id), {"event": event.to_json()}
        )

    async def end(self, outcome: Outcome, status: int = 0, cause: str = "") -> None:
        """Write the last event."""
        if not self.ended:
            self.ended = True
            await self.tell(
                LegEventName.ENDED,
                outcome=outcome.value,
                status=status,
                reason="",
                cause=cause,
                seconds=0,
            )

    async def answer(self) -> None:
        """Pick up: the audio goes to whoever ordered it."""
        await self.tell(LegEventName.ANSWERED, after_ms=100, early_media=False)
        start = {
            "type": "start",
            "caller": self.order.to,
            "sample_rate": _RATE,
            "channel": "sip",
            "leg_id": self.order.leg_id,
        }
        await self.line.join(self.order.media_url, start)

    async def press(self, keys: str) -> None:
        """Press keys."""
        for key in keys:
            await self.line.tell({"type": "dtmf", "digit": key})

    async def hang_up(self) -> None:
        """Hang up like a person."""
        await self.line.tell({"type": "hangup", "cause": "callee_hung_up"})
        await self.end(Outcome.ANSWERED, cause="callee_hung_up")

    async def told(self, kind: str) -> dict[str, Any]:
        """Wait for a control message of the gateway."""
        return await self.line.noted(kind)


Behaviour = Callable[[Telephone], Awaitable[None]]


@dataclass
class Exchange:
    """Takes orders and lets each telephone behave as the test says.

    Attributes:
        behaviour: by number; who is not named rings and is left to the test.
        rung: every telephone in the order it was rung.
    """

    redis: RedisClient
    behaviour: dict[str, Behaviour] = field(default_factory=dict)
    rung: list[Telephone] = field(default_factory=list)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self) -> None:
        """Take orders until cancelled."""
        try:
            await self.redis.xgroup_create(
                redis_keys.SIP_ORDERS, redis_keys.SIP_GROUP, id="$", mkstream=True
            )
        except ResponseError:
            pass  # it exists
        while True:
            await self.redis.set(redis_keys.SIP_ALIVE, "1", px=LIFE_MS)
            found = await self.redis.xreadgroup(
                redis_keys.SIP_GROUP, _NAME, {redis_keys.SIP_ORDERS: ">"}, block=500
            )
            for _, entries in found or []:
                for _, fields in entries:
                    await self._begin(DialOrder.from_json(fields["order"]))

    async def telephone(self, number: int = 1) -> Telephone:
        """Wait until so many telephones have been rung and return that one."""
        async with self.changed:
            await self.changed.wait_for(lambda: len(self.rung) >= number)
        return self.rung[number - 1]

    async def close(self) -> None:
        """Hang everything up."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for telephone in self.rung:
            await telephone.line.close()

    async def _begin(self, order: DialOrder) -> None:
        telephone = Telephone(order, self.redis, Line(PHONE_HZ, _RATE))
        for work in (self._live(telephone), self._obey(telephone), self._behave(telephone)):
            task = asyncio.create_task(work)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        async with self.changed:
            self.rung.append(telephone)
            self.changed.notify_all()

    async def _behave(self, telephone: Telephone) -> None:
        await telephone.tell(LegEventName.DIALLING)
        behave = self.behaviour.get(telephone.order.to)
        if behave is not None:
            await behave(telephone)
        else:
            await telephone.tell(LegEventName.RINGING)

    async def _live(self, telephone: Telephone) -> None:
        while not telephone.ended:
            await self.redis.set(redis_keys.sip_leg_alive(telephone.order.leg_id), "1", px=LIFE_MS)
            await asyncio.sleep(LIFE_MS / 4000)

    async def _obey(self, telephone: Telephone) -> None:
        last = "0"
        key = redis_keys.sip_leg_commands(telephone.order.leg_id)
        while True:
            for _, entries in await self.redis.xread({key: last}, block=500) or []:
                last = entries[-1][0]
                telephone.hung_up.set()
                await telephone.end(Outcome.CANCELLED)


@asynccontextmanager
async def open_exchange(redis_url: str) -> AsyncIterator[Exchange]:
    """Run an exchange."""
    redis = open_redis(redis_url)
    exchange = Exchange(redis)
    task = asyncio.create_task(exchange.run())
    try:
        while not await redis.exists(redis_keys.SIP_ALIVE):
            await asyncio.sleep(0.01)  # its first sign of life
        yield exchange
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await exchange.close()
        await redis.aclose()


def fails(outcome: Outcome, status: int = 0, *events: LegEventName) -> Behaviour:
    """Return a telephone that nobody answers."""

    async def behave(telephone: Telephone) -> None:
        for event in events:
            await telephone.tell(event)
        await telephone.end(outcome, status)

    return behave


async def answers(telephone: Telephone) -> None:
    """Pick up and say nothing: a voicemail, a pocket."""
    await telephone.tell(LegEventName.RINGING)
    await telephone.answer()
