"""Calls of a gateway process that died: their callers are called back."""

from __future__ import annotations

import logging

from voice_gateway.call.leaving import release_handoff
from voice_gateway.emergency.case import Case
from voice_gateway.services import Services
from zhiban import redis_keys
from zhiban.timeline import EventName

logger = logging.getLogger(__name__)


async def settle_orphans(services: Services) -> int:
    """Close the calls this node held before it started again; return how many.

    Their audio is gone. A case that was waiting or talking becomes a call-back that is due at
    once; the timeline gets its last event.
    """
    settled = 0
    for call_id in await services.redis.smembers(redis_keys.ACTIVE_CALLS):
        info = await services.redis.hgetall(redis_keys.call_info(call_id))
        if info.get("node") != services.settings.gateway_url:
            continue
        record = await services.ledger.open_of_call(call_id)
        if record is not None:
            case = Case(record.kind, record.level, record.ticket_number, record.id)
            await release_handoff(services, case)
        await services.timeline.append(call_id, EventName.CALL_ENDED, {"reason": "gateway_lost"})
        await services.redis.srem(redis_keys.ACTIVE_CALLS, call_id)
        logger.error("call %s was lost with the gateway that held it", call_id)
        settled += 1
    return settled
