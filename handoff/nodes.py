"""Watches the gateway nodes: the calls of one that died and does not return are settled here.

A node that comes back within the grace settles its own calls (voice_gateway/call/orphans.py);
both use the same lock and the same steps, so it does not matter who is first.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from zhiban import redis_keys
from zhiban.calls.nodes import BEAT_SECONDS, is_alive
from zhiban.calls.settle import CallSettler
from zhiban.calls.stores import CallStores
from zhiban.errors import ZhibanError

logger = logging.getLogger(__name__)

GRACE_SECONDS = 5.0
"""A node whose key is gone may only have lost Redis for a moment: it is waited for so long."""


class NodeWatch:
    """Looks after the nodes while this process runs the clock.

    Args:
        stores: where calls are kept.
        leads: whether this process is the one that runs the clock.
        grace_seconds: how long a node must have been seen missing, without a break.
    """

    def __init__(
        self,
        stores: CallStores,
        leads: Callable[[], bool],
        *,
        grace_seconds: float = GRACE_SECONDS,
    ) -> None:
        self._stores = stores
        self._leads = leads
        self._grace = grace_seconds
        self._missing: dict[str, float] = {}
        self._settler: CallSettler | None = None

    async def run(self) -> None:
        """Watch until cancelled; outages of the stores are waited out."""
        while True:
            try:
                await self.look()
            except (RedisError, SQLAlchemyError, OSError, ZhibanError) as error:
                # While nothing can be seen nobody is found dead.
                self._missing.clear()
                logger.error("node watch: %s", type(error).__name__)
            # A sign of life that is not given is no event one could wait for.
            await asyncio.sleep(BEAT_SECONDS)

    async def look(self) -> int:
        """Look once; return how many calls were settled."""
        if not self._leads():
            self._missing.clear()
            return 0
        calls = await self._calls_by_node()
        now = asyncio.get_running_loop().time()
        alive = {node for node in calls if node and await is_alive(self._stores.redis, node)}
        since = {node: self._missing.get(node, now) for node in calls if node not in alive}
        self._missing = since
        settled = 0
        for node, first_seen in since.items():
            if now - first_seen >= self._grace:
                logger.critical("node %s is gone with %d calls", node or "?", len(calls[node]))
                settled += await self._settle(calls[node])
        return settled

    async def _calls_by_node(self) -> dict[str, list[str]]:
        redis = self._stores.redis
        call_ids = sorted(await redis.smembers(redis_keys.ACTIVE_CALLS))
        async with redis.pipeline(transaction=False) as pipeline:
            for call_id in call_ids:
                pipeline.hget(redis_keys.call_info(call_id), "node")
            nodes = await pipeline.execute()
        calls: dict[str, list[str]] = {}
        for call_id, node in zip(call_ids, nodes, strict=True):
            calls.setdefault(str(node or ""), []).append(call_id)
        return calls

    async def _settle(self, call_ids: list[str]) -> int:
        if self._settler is None:
            self._settler = CallSettler(self._stores)
        settled = 0
        for call_id in call_ids:
            try:
                settled += await self._settler.settle(call_id)
            except (RedisError, OSError):
                raise
            except Exception:
                # Whatever is wrong with one call, the other callers must still be served.
                logger.exception("call %s could not be settled yet", call_id)
        return settled
