"""An agent's line is gone for good: the conference looks for the next."""

from __future__ import annotations

import asyncio
import logging

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from voice_gateway.conference.conference import Conference
from zhiban.errors import ZhibanError

logger = logging.getLogger(__name__)

_RETRY_SECONDS = 0.5


async def report_lost(conference: Conference, handoff_id: str, agent_id: str) -> None:
    """Tell the conference; while the stores are away the caller hears music."""
    while True:
        try:
            await conference.lost(agent_id)
            return
        except ZhibanError as error:
            logger.error("handoff %s: %s", handoff_id, error.message)
            return
        except (RedisError, SQLAlchemyError, OSError) as error:
            logger.error("handoff %s: %s", handoff_id, type(error).__name__)
            await asyncio.sleep(_RETRY_SECONDS)
