"""Calls this node is held to hold, and holds no more: settled here, or by the desk if it never returns."""

from __future__ import annotations

from collections.abc import Container

from voice_gateway.services import Services
from zhiban import redis_keys
from zhiban.calls.settle import CallSettler


async def settle_orphans(services: Services, held: Container[str] = ()) -> int:
    """Settle the calls of this node that no leg holds; return how many.

    They are left by a process that died, or ended while a store was away.

    Args:
        services: stores.
        held: call ids in progress here.
    """
    settler = CallSettler(services, services.spotter)
    settled = 0
    for call_id in await services.redis.smembers(redis_keys.ACTIVE_CALLS):
        if call_id in held:
            continue
        node = await services.redis.hget(redis_keys.call_info(call_id), "node")
        if node == services.settings.gateway_url:
            settled += await settler.settle(call_id)
    return settled
