"""Files the emergencies that a crash or an outage has left in the spool."""

from __future__ import annotations

import logging

from voice_gateway.services import Services
from zhiban.calls.lock import settling
from zhiban.calls.missed import file_missed
from zhiban.calls.nodes import is_alive

logger = logging.getLogger(__name__)


async def file_spooled_emergencies(services: Services) -> int:
    """File each left emergency: a ticket and a call-back due at once; return how many.

    Raises:
        Exception: a store still fails; what was not filed stays.
    """
    filed = 0
    for report in services.spool.left():
        if report.node != services.settings.gateway_url and await is_alive(
            services.redis, report.node
        ):
            continue  # a node on the same disk; its own call is storing it
        async with settling(services.redis, report.call_id) as mine:
            if not mine:
                continue
            await file_missed(services, report)
            services.spool.drop(report)
        logger.critical("call %s: spooled emergency filed", report.call_id)
        filed += 1
    return filed
