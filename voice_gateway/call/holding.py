"""Holds a call from its first word to its last, by whichever way it came in."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from voice_gateway.call.attending import follow_commands, follow_events
from voice_gateway.call.call import Call
from voice_gateway.call.leg import Leg
from voice_gateway.call.registry import CallRegistry, Held
from voice_gateway.conference.conference import Conference
from voice_gateway.phones.ringer import PhoneRinger
from voice_gateway.services import Services

_LAST_EVENTS_SECONDS = 2.0


async def hold_call(
    services: Services,
    registry: CallRegistry,
    call: Call,
    leg: Leg,
    running: Coroutine[Any, Any, None],
    *,
    trusted: bool,
) -> None:
    """Register a call, let its leg run, carry out what the desk orders, and see it stored.

    Args:
        services: engines and stores.
        registry: calls of this process.
        call: the call.
        leg: the caller's side.
        running: the leg's own run; the call is over when it returns.
        trusted: whether the caller's program may see every event.
    """
    conference = Conference(services, call, leg)
    held = registry.held[call.call_id] = Held(call, leg, conference)
    phones = PhoneRinger(services, registry.legs, held)
    events = asyncio.create_task(
        follow_events(services, call, leg, trusted=trusted, conference=conference, phones=phones)
    )
    commands = asyncio.create_task(follow_commands(services, call, leg, conference=conference))
    try:
        await running
    finally:
        await call.end("gateway_stopped")
        if call.pbx_id:
            # Before the hang-up: the dialplan asks as soon as it sees that.
            registry.ends.note(call.pbx_id, call.end_reason)
        await phones.close()
        await conference.close()
        del registry.held[call.call_id]
        commands.cancel()
        _done, late = await asyncio.wait({events}, timeout=_LAST_EVENTS_SECONDS)
        for task in late:
            task.cancel()
