"""What happened on a floor, on the call's timeline; desk and gateway write it alike."""

from __future__ import annotations

from zhiban.handoffs import HandoffRecord
from zhiban.timeline import EventName, Timeline


async def write_floor_event(
    timeline: Timeline,
    record: HandoffRecord,
    name: EventName,
    agent_id: str,
    mode: str,
    reason: str,
) -> None:
    """Write one event.

    Args:
        timeline: where to.
        record: the handoff of the call.
        name: hold, return, coming or going.
        agent_id: whom it is about.
        mode: as what they took part, or what they were asked for.
        reason: why, ``""`` where it needs none.
    """
    data = {"handoff_id": record.id, "agent_id": agent_id, "mode": str(mode), "reason": reason}
    await timeline.append(record.call_id, name, data)
