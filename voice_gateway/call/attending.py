"""Follows a call from outside: what other processes did and want."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any, Protocol

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from voice_gateway.call.call import Call
from voice_gateway.call.leg import Leg
from voice_gateway.call.line import CallMode
from voice_gateway.conference.conference import Conference
from voice_gateway.services import Services
from zhiban import redis_keys
from zhiban.errors import ZhibanError
from zhiban.redis_client import BLOCK_MS
from zhiban.timeline import EventName, TimelineEvent, follow_call

logger = logging.getLogger(__name__)

_RETRY_SECONDS = 0.5


class Phones(Protocol):
    """The telephones rung for a call."""

    async def reconcile(self, handoff_id: str) -> None:
        """Ring what the stored case wants rung."""
        ...


_PUBLIC = {
    EventName.CALLER_INTERIM: ("text", "final"),
    EventName.CALLER_TURN: ("text",),
    EventName.BOT_SAID: ("text",),
    EventName.AGENT_TURN: ("text",),
    EventName.HANDOFF_OFFERED: (),
    EventName.HANDOFF_BRIDGED: (),
    EventName.EMERGENCY_DETECTED: ("kind",),
    EventName.CALL_ENDED: ("reason",),
}
"""What a caller's page may see of an event; a trusted program sees all."""


async def follow_events(
    services: Services,
    call: Call,
    leg: Leg,
    *,
    trusted: bool,
    conference: Conference | None = None,
    phones: Phones | None = None,
) -> None:
    """Pass the call's events to the call, the people in it and the caller's program, to its end."""
    after = "0"
    while True:
        try:
            async for event in follow_call(call.call_id, services.redis, after=after):
                await call.follow(event)
                if conference is not None:
                    await _follow(conference, event)
                if phones is not None and event.name.startswith("handoff."):
                    await _ring(phones, event)
                shown = event.to_dict() if trusted else _public(event)
                if shown is not None:
                    await leg.notify({"type": "event", **shown})
            if call.mode is CallMode.ENDED:
                return
            after = "$"  # others took this node for dead; the call goes on
        except RedisError as error:
            logger.error("call %s: events: %s", call.call_id, type(error).__name__)
            await asyncio.sleep(_RETRY_SECONDS)
            after = "$"


async def _follow(conference: Conference, event: TimelineEvent) -> None:
    """Let the people in a call hear what has changed; a failure must not stop the events."""
    try:
        if event.name.startswith("handoff."):
            await conference.reconcile()
        elif event.name == EventName.CALLER_INTERIM:
            await conference.overhear(str(event.data["text"]))
    except (RedisError, SQLAlchemyError, OSError, ZhibanError) as error:
        logger.error("call %s: conference: %s", event.call_id, error)


async def _ring(phones: Phones, event: TimelineEvent) -> None:
    """Let telephones ring or fall silent; a failure must not stop the events."""
    try:
        await phones.reconcile(str(event.data.get("handoff_id") or ""))
    except (RedisError, OSError) as error:
        logger.error("call %s: telephones: %s", event.call_id, type(error).__name__)


async def follow_commands(
    services: Services, call: Call, leg: Leg, *, conference: Conference | None = None
) -> None:
    """Carry out what the desk orders."""
    key, last = redis_keys.call_commands(call.call_id), "0"
    while True:
        try:
            for _, entries in await services.redis.xread({key: last}, block=BLOCK_MS) or []:
                for entry_id, fields in entries:
                    last = entry_id
                    await _obey(call, leg, conference, json.loads(fields["command"]))
        except (RedisError, ValueError, KeyError, ZhibanError) as error:
            logger.error("call %s: commands: %s", call.call_id, type(error).__name__)
            await asyncio.sleep(_RETRY_SECONDS)


async def _obey(
    call: Call, leg: Leg, conference: Conference | None, command: dict[str, Any]
) -> None:
    match command.get("command"):
        case "floor" if conference is not None:
            await conference.reconcile()
        case "skip_briefing" if conference is not None:
            conference.skip_briefing()
        case "hangup":
            await call.end("agent_hung_up")
        case "return_to_bot":
            # The agent's audio first, or the bot's words would give way to it.
            if conference is not None:
                await conference.release()
            leg.part()
            await call.return_to_bot()
        case "survey":
            if conference is not None:
                await conference.release()
            leg.part()
            await call.take_survey(str(command["ticket_number"]), str(command["by"]))
        case other:
            logger.warning("call %s: unknown command %r", call.call_id, other)


def _public(event: TimelineEvent) -> dict[str, Any] | None:
    names = _PUBLIC.get(EventName(event.name))
    if names is None or event.data.get("private"):
        return None
    data = {name: event.data[name] for name in names if name in event.data}
    return {**event.to_dict(), "data": data}
