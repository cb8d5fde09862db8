"""Does the blows: ``kill -9`` and pauses of real processes, some by a plan, some aimed at a call."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from bench.chaos.causes import BLOWS, Cause
from tests.support.house import House, Nodes

_BACK_WITHIN = 120.0
_LOOK_EVERY = 0.2
_PAUSES = (1.0, 3.0, 6.0, 9.0)


@dataclass
class Struck:
    """A blow that was done; times are epoch seconds.

    Attributes:
        target: ``gateway``, ``gateway-2``, ``desk``…
        until: when the process answered again; 0 while it does not.
    """

    at: float
    cause: Cause
    target: str
    until: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return JSON content."""
        return {"at": self.at, "cause": self.cause, "target": self.target, "until": self.until}

    def touches(self, begin: float, end: float) -> bool:
        """Return whether it was felt at any time between two moments."""
        return self.at <= end and (self.until or time.time()) >= begin


class Injector:
    """Strikes processes of a house.

    Args:
        house: the house with its first gateway.
        nodes: the further gateways.
        say: tells what happens.
    """

    def __init__(self, house: House, nodes: Nodes, say: Callable[[str], None]) -> None:
        self._house = house
        self._nodes = nodes
        self._say = say
        self._rest_until: dict[str, float] = {}
        self._watching: set[asyncio.Task[None]] = set()
        self._armed = True
        self.done: list[Struck] = []

    async def run(self, seed: int, only: Cause | None, minutes: float) -> None:
        """Strike at random for some minutes."""
        rng = random.Random(f"{seed}/faults")
        causes = [only] if only is not None else list(BLOWS)
        causes = [cause for cause in causes if cause in BLOWS]
        until = time.time() + minutes * 60
        while causes and time.time() < until:
            await asyncio.sleep(rng.uniform(4, 10))
            cause = rng.choices(causes, weights=[BLOWS[c].weight for c in causes])[0]
            node = rng.choice(("gateway", *self._nodes.urls))
            await self.strike(cause, node)

    async def strike(self, cause: Cause, node: str) -> None:
        """Do a blow unless its target is still recovering from one.

        Args:
            cause: what to do.
            node: the gateway node that is meant if it hits a gateway.
        """
        blow = BLOWS[cause]
        target = node if blow.service == "gateway" else blow.service
        now = time.time()
        pid = self._pid_of(target)
        if not self._armed or pid is None or now < self._rest_until.get(target, 0):
            return
        self._rest_until[target] = now + blow.rest
        struck = Struck(now, cause, target)
        try:
            os.kill(pid, signal.SIGKILL if blow.kills else signal.SIGSTOP)
        except ProcessLookupError:
            return  # it ended in this very moment
        self.done.append(struck)
        self._say(f"{cause} {target}")
        task = asyncio.create_task(self._recover(struck, pid, kills=blow.kills))
        self._watching.add(task)
        task.add_done_callback(self._watching.discard)

    async def settle(self) -> None:
        """Strike no more; return when every process answers again."""
        self._armed = False
        while self._watching:
            await asyncio.wait(set(self._watching))

    async def _recover(self, struck: Struck, pid: int, *, kills: bool) -> None:
        if not kills:
            pause = random.Random(struck.at).choice(_PAUSES)
            try:
                await asyncio.sleep(pause)
            finally:
                # A process left stopped would hang the house's end too.
                try:
                    os.kill(pid, signal.SIGCONT)
                except ProcessLookupError:
                    pass  # the supervisor has replaced it meanwhile
        deadline = time.time() + _BACK_WITHIN
        while time.time() < deadline:
            fresh = self._pid_of(struck.target)
            if fresh is not None and (fresh != pid or not kills) and await self._answers(struck):
                struck.until = time.time()
                return
            # Only its answering tells that a process is there again.
            await asyncio.sleep(_LOOK_EVERY)
        self._say(f"{struck.target} did not come back within {_BACK_WITHIN:.0f} s")

    def _pid_of(self, target: str) -> int | None:
        if target in self._nodes.urls:
            return self._nodes.pid_of(target)
        return self._house.pid_of(target)

    async def _answers(self, struck: Struck) -> bool:
        url = self._health()[struck.target]
        if url.startswith("redis://"):
            return await _listens(self._house.settings.redis_port)
        timeout = aiohttp.ClientTimeout(total=3)
        try:
            async with aiohttp.ClientSession(timeout=timeout) as http, http.get(url) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    def _health(self) -> Mapping[str, str]:
        house = self._house
        return {
            "gateway": f"{house.gateway}/health",
            **{name: f"{url}/health" for name, url in self._nodes.urls.items()},
            "desk": f"{house.desk}/health",
            "redis": house.settings.redis,
            "rasa": f"{house.settings.rasa}/webhooks/turn/health",
            "actions": f"{house.settings.actions}/health",
        }


async def _listens(port: int) -> bool:
    try:
        async with asyncio.timeout(3):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"PING\r\n")
            answer = await reader.readline()
            writer.close()
    except (OSError, TimeoutError):
        return False
    return answer.startswith(b"+PONG")
