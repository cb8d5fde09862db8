"""Everybody in one call: follows the stored floor, and repairs it when somebody's line breaks.

The floor in Redis says what should be; :meth:`Conference.reconcile` makes it so and may be called
at any time. Nothing here has to be told what changed, so a lost message costs nothing.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from redis.exceptions import RedisError

from bot.language.emergency import EmergencyAction
from voice_gateway.call.call import Call
from voice_gateway.call.leg import Leg
from voice_gateway.call.line import CallMode
from voice_gateway.call.waiting import first_set
from voice_gateway.conference.attendee import Attendee
from voice_gateway.conference.briefing import play_briefing, wants_briefing
from voice_gateway.conference.changes import FloorChanges
from voice_gateway.conference.hold import HoldMusic
from voice_gateway.conference.matrix import (
    Situation,
    Voice,
    hears,
    reaches_caller,
    situation_of,
)
from voice_gateway.conference.patience import Patience
from voice_gateway.services import Services
from zhiban.clock import iso_ms, utc_now
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.floor import BRIEFING_SECONDS, Floor, Part
from zhiban.handoffs import HandoffRecord, HandoffState

logger = logging.getLogger(__name__)

_RETRY_SECONDS = 0.5

_JOINED = (HandoffState.BRIEFING, HandoffState.BRIDGED)
_OVER = (
    HandoffState.RETURNED,
    HandoffState.CALLER_LEFT,
    HandoffState.CALLBACK_DUE,
    HandoffState.CLOSED,
)


class Conference:
    """The people in one call.

    Args:
        services: stores, voice, community data.
        call: the call.
        leg: the caller's leg.
    """

    def __init__(self, services: Services, call: Call, leg: Leg) -> None:
        self._services = services
        self._call = call
        self._leg = leg
        self._room = leg.room
        self._floors = FloorChanges(services)
        self._hold = HoldMusic(leg.room, leg.sample_rate, self._tell_held)
        self._patience = Patience(self._withdraw, self._never_came)
        self._people: dict[str, Attendee] = {}
        self._lock = asyncio.Lock()
        self._briefed = asyncio.Event()
        self._handoff_id = ""
        self._come: dict[str, Part] = {}
        self._known: tuple[HandoffRecord, Floor] | None = None
        self._retry: asyncio.Task[None] | None = None

    def reaches_caller(self, who: Attendee) -> bool:
        """Return whether the caller hears this agent now."""
        return reaches_caller(self._room.situation, who.part)

    def is_here(self, agent_id: str) -> bool:
        """Return whether an agent's line is up."""
        return agent_id in self._people

    # --- coming and going -----------------------------------------------------------------

    async def enter(self, who: Attendee) -> bool:
        """Give an agent their seat; the owner is briefed, if the site wants it, and bridged.

        Returns:
            Whether they are in; False when their line broke during the briefing.

        Raises:
            ZhibanError: HANDOFF_CONFLICT or HANDOFF_ILLEGAL when the call is not theirs any more,
                ACCESS_DENIED when they have no part in it.
        """
        handoff_id = self._handoff_id = self._call.handoff_id
        record, floor = await self._floors.read(handoff_id)
        if record.agent_id == who.agent_id and record.state is HandoffState.ACCEPTED:
            # What an earlier owner left behind is over.
            floor = Floor()
            await self._floors.put(handoff_id, floor)
        part = floor.part_of(who.agent_id, record.agent_id)
        if part is None:
            raise ZhibanError("您不在这通电话里", code=ErrorCode.ACCESS_DENIED)
        before = self._people.get(who.agent_id)
        if before is not None:
            before.drop("replaced")
        who.part = part
        self._people[who.agent_id] = who
        self._room.seat(who.key, part, who.sample_rate, who.deliver)
        if part is Part.OWNER:
            wanted = not who.briefed and wants_briefing(self._services.community, record)
            if record.state is HandoffState.ACCEPTED and wanted:
                await self._brief(who, record)
            if who.gone.is_set():
                return False
            await self._call.bridged(who.agent_id)
        else:
            first = self._come.get(who.agent_id) is not part
            await self._floors.joined(handoff_id, who, first=first)
            self._come[who.agent_id] = who.part
        await self.reconcile()
        return True

    async def leave(self, who: Attendee) -> None:
        """Take an agent's seat away; the floor keeps their part until :meth:`lost`."""
        if self._people.get(who.agent_id) is not who:
            return
        del self._people[who.agent_id]
        self._room.leave(who.key)
        await self.reconcile()

    async def lost(self, agent_id: str) -> None:
        """An agent's line broke and did not come back in time.

        A guest who is on the line becomes the owner; nobody else there, the next agent is
        looked for while the caller hears so.
        """
        if self.is_here(agent_id) or self._call.ended.is_set():
            return
        record, floor = await self._floors.read(self._handoff_id)
        if record.agent_id != agent_id:
            await self._remove(agent_id, "line_lost")
            return
        guest = floor.present_guest
        talking = record.state is HandoffState.BRIDGED
        if talking and guest is not None and self.is_here(guest.agent_id):
            await self._floors.taken_over(record.id, agent_id, guest)
        else:
            await self._hold.stop()
            await self._call.agent_lost()
        self._come.pop(agent_id, None)
        await self.reconcile()

    async def overhear(self, text: str) -> None:
        """Give a caller on hold who cries out in danger back to the agent at once."""
        if self._room.situation not in (Situation.HOLD, Situation.CONSULT):
            return
        finding = self._services.spotter.spot(text)
        if finding is not None and finding.action is EmergencyAction.TRANSFER:
            await self._floors.wanted_back(self._handoff_id)
            await self.reconcile()

    def skip_briefing(self) -> None:
        """End the briefing and bridge now."""
        self._briefed.set()

    async def release(self) -> None:
        """Let all agents go: the caller is the bot's again."""
        self._patience.close()
        self._come.clear()
        self._known = None
        await self._hold.stop()
        for who in self._people.values():
            self._room.leave(who.key)
        self._room.arrange(Situation.BRIEFING, {})
        self._leg.part()

    async def close(self) -> None:
        """The call is over."""
        self._patience.close()
        if self._retry is not None:
            self._retry.cancel()
        await self._hold.stop()
        self._room.close()

    # --- making it so ---------------------------------------------------------------------

    async def reconcile(self) -> None:
        """Make everybody hear what the stored floor says.

        While the store does not answer, what was last known holds, and it is tried again.
        """
        if not self._handoff_id or self._call.ended.is_set():
            return
        async with self._lock:
            try:
                self._known = await self._floors.read(self._handoff_id)
            except (RedisError, OSError) as error:
                logger.error("call %s: floor: %s", self._call.call_id, type(error).__name__)
                self._again_soon()
            if self._known is None:
                return
            record, floor = self._known
            if record.state in _OVER:
                return
            if record.state not in _JOINED:
                floor = Floor()
            if self._call.mode is CallMode.BRIDGED and record.state is not HandoffState.BRIDGED:
                # First the way is free for the bot, or its words would be dropped.
                await self._hold.stop()
                self._leg.part()
                await self._call.let_go(record)
            parts = self._keep_those_with_a_part(record, floor)
            situation = situation_of(
                floor,
                bridged=self._call.mode is CallMode.BRIDGED,
                owner_here=self.is_here(record.agent_id),
            )
            await self._arrange(situation, parts)
            self._patience.watch(floor)

    def _again_soon(self) -> None:
        async def again() -> None:
            await asyncio.sleep(_RETRY_SECONDS)
            self._retry = None
            await self.reconcile()

        if self._retry is None:
            self._retry = asyncio.create_task(again())

    async def _remove(self, agent_id: str, reason: str) -> None:
        await self._floors.left(self._handoff_id, agent_id, reason)
        self._come.pop(agent_id, None)
        await self.reconcile()

    async def _withdraw(self, invitation_id: str) -> None:
        await self._floors.unanswered(self._handoff_id, invitation_id)

    async def _never_came(self, agent_id: str) -> None:
        if not self.is_here(agent_id):
            await self._remove(agent_id, "no_audio")

    def _keep_those_with_a_part(self, record: HandoffRecord, floor: Floor) -> dict[str, Part]:
        parts: dict[str, Part] = {}
        answered = record.state in (*_JOINED, HandoffState.ACCEPTED)
        owner = record.agent_id if answered else ""
        for who in self._people.values():
            part = floor.part_of(who.agent_id, owner)
            if part is None:
                who.drop("transferred" if who.part is Part.OWNER else "left")
            else:
                who.part = parts[who.key] = part
                if who.agent_id in self._come:
                    self._come[who.agent_id] = part
        return parts

    async def _arrange(self, situation: Situation, parts: dict[str, Part]) -> None:
        before = self._room.situation
        to_caller = hears(situation, Part.CALLER)
        if Voice.MUSIC not in to_caller:
            await self._hold.stop()
        if situation is not before:
            await self._leg.give_way(Voice.BOT not in to_caller)
        self._room.arrange(situation, parts)
        if Voice.MUSIC in to_caller:
            await self._hold.start(told=situation is not Situation.ALONE)
        for who in self._people.values():
            if who.dropped.is_set():
                self._room.leave(who.key)

    # --- parts of it ----------------------------------------------------------------------

    async def _brief(self, who: Attendee, record: HandoffRecord) -> None:
        """Tell the agent what it is about; the caller still hears company."""
        self._briefed.clear()
        until = iso_ms(utc_now() + timedelta(seconds=BRIEFING_SECONDS))
        await self._floors.put(record.id, Floor(briefing_until=until))
        await self._call.briefing(who.agent_id)
        playing = asyncio.create_task(play_briefing(self._services, self._room, who, record))
        playing.add_done_callback(lambda _: self._briefed.set())
        try:
            async with asyncio.timeout(BRIEFING_SECONDS):
                await first_set(self._briefed, who.gone, self._call.ended)
        except TimeoutError:
            logger.warning("handoff %s: the briefing was too long", record.id)
        finally:
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)
            self._room.clear(who.key)
        await self._floors.put(record.id, Floor())

    async def _tell_held(self) -> None:
        await self._call.tell("on_hold")
