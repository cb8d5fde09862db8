"""Waits for whichever of several things happens first."""

from __future__ import annotations

import asyncio


async def first_set(*events: asyncio.Event) -> None:
    """Return as soon as one of the events is set."""
    waiting = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
