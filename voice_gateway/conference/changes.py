"""What the gateway itself changes on a call's floor: who has come, who is gone, who took over."""

from __future__ import annotations

import asyncio

from voice_gateway.conference.attendee import Attendee
from voice_gateway.services import Services
from zhiban.clock import iso_ms, utc_now
from zhiban.floor import Floor, FloorBook, Guest, Part, write_floor_event
from zhiban.handoffs import HandoffRecord
from zhiban.timeline import EventName

_READ_SECONDS = 1.0


class FloorChanges:
    """Writes floors and what happened to them.

    Args:
        services: stores.
    """

    def __init__(self, services: Services) -> None:
        self._ledger = services.ledger
        self._timeline = services.timeline
        self._book = FloorBook(services.redis)

    async def read(self, handoff_id: str) -> tuple[HandoffRecord, Floor]:
        """Return a handoff and its floor.

        Raises:
            ZhibanError: HANDOFF_UNKNOWN.
            RedisError, TimeoutError: the store does not answer within a second.
        """
        async with asyncio.timeout(_READ_SECONDS):
            return await self._book.read(handoff_id)

    async def put(self, handoff_id: str, floor: Floor) -> None:
        """Replace a floor."""
        await self._book.change(handoff_id, lambda _record, _floor: floor)

    async def joined(self, handoff_id: str, who: Attendee, *, first: bool) -> None:
        """Somebody's audio is there; a consultation puts the caller on hold now.

        Args:
            handoff_id: which.
            who: who came; their part is brought up to date.
            first: whether they have not been here as this before.
        """
        record, before, after = await self._book.change(
            handoff_id, lambda _record, floor: floor.joined_by(who.agent_id, iso_ms(utc_now()))
        )
        who.part = after.part_of(who.agent_id, record.agent_id) or who.part
        if first:
            await self._write(EventName.HANDOFF_JOINED, record, who.agent_id, who.part, "")
        if after.on_hold_since and not before.on_hold_since:
            await self._write(
                EventName.HANDOFF_HELD, record, record.agent_id, Part.OWNER, "consult"
            )

    async def left(self, handoff_id: str, agent_id: str, reason: str) -> None:
        """A guest, a listener or a coach has no part any more."""
        record, before, after = await self._book.change(
            handoff_id, lambda _record, floor: floor.without(agent_id)
        )
        if before != after:
            part = before.part_of(agent_id, record.agent_id) or ""
            await self._write(EventName.HANDOFF_LEFT, record, agent_id, part, reason)
        await self._resumed(record, before, after, reason)

    async def unanswered(self, handoff_id: str, invitation_id: str) -> None:
        """Nobody answered an invitation."""

        def step(_record: HandoffRecord, floor: Floor) -> Floor:
            asked = floor.invitation
            return floor.uninvited() if asked is not None and asked.id == invitation_id else floor

        record, before, after = await self._book.change(handoff_id, step)
        if before != after and before.invitation is not None:
            asked = before.invitation
            await self._write(EventName.HANDOFF_LEFT, record, asked.to, asked.mode, "no_answer")

    async def taken_over(self, handoff_id: str, owner_id: str, guest: Guest) -> None:
        """The owner's line is gone; the guest goes on with the caller."""
        record = await self._ledger.reassign(
            handoff_id, owner_id, guest.agent_id, to_name=guest.name, by="gateway"
        )
        await self._book.change(handoff_id, lambda now, floor: floor.settled(now.agent_id))
        await self._write(EventName.HANDOFF_LEFT, record, owner_id, Part.OWNER, "line_lost")

    async def wanted_back(self, handoff_id: str) -> None:
        """The caller, on hold, needs the agent now."""
        record, before, after = await self._book.change(
            handoff_id, lambda _record, floor: floor.resumed()
        )
        await self._resumed(record, before, after, "emergency")

    async def _resumed(
        self, record: HandoffRecord, before: Floor, after: Floor, reason: str
    ) -> None:
        if before.on_hold_since and not after.on_hold_since:
            await self._write(
                EventName.HANDOFF_RESUMED, record, record.agent_id, Part.OWNER, reason
            )

    async def _write(
        self, name: EventName, record: HandoffRecord, agent_id: str, mode: str, reason: str
    ) -> None:
        await write_floor_event(self._timeline, record, name, agent_id, mode, reason)
