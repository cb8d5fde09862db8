"""Keeps a caller company while people are being rung: advice, questions, where things stand.

Asks the one or two questions of the kind (EMG-002, EMG-004, EMG-013…037), writes the answers to
ticket and card at once, and says at a fixed interval that somebody is still being called. It
never hangs up (EMG-006).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from bot.language.address import read_address
from voice_gateway.emergency.case import Case, CaseNotes
from voice_gateway.services import Services
from zhiban.timeline import EventName, TimelineEvent

logger = logging.getLogger(__name__)

_ANNOUNCE_EVERY = 12.0
_ASK_WAIT = 7.0

_ASKED = {
    "elevator_trapped": ("ask_where", "ask_people"),
    "fire": ("ask_where", "ask_hurt"),
    "gas_leak": ("ask_where", "ask_hurt"),
    "burst_pipe": ("ask_where",),
    "electric_hazard": ("ask_where", "ask_hurt"),
    "medical": ("ask_where",),
    "violence_intrusion": ("ask_where", "ask_hurt"),
    "falling_object": ("ask_where", "ask_hurt"),
    "flood": ("ask_where",),
}


class Voice(Protocol):
    """How the company speaks to the caller."""

    async def say(self, text: str, *, protected: bool = False) -> None:
        """Say a sentence after what is already being said."""
        ...


class Company:
    """One caller's company, from the request for a person to the bridge.

    Args:
        services: community data and stores.
        case: the open case.
        voice: says sentences to the caller.
        quiet: waits until nothing is being said any more.
        questions: whether the questions of the kind are still to be asked.
    """

    def __init__(
        self,
        services: Services,
        case: Case,
        voice: Voice,
        quiet: Callable[[], Awaitable[None]],
        *,
        questions: bool = True,
    ) -> None:
        self._services = services
        self._case = case
        self._voice = voice
        self._quiet = quiet
        self._notes = CaseNotes(services, case)
        self._answered = asyncio.Event()
        self._asking = ""
        self._rounds_told = 0
        self._questions = questions
        self._task: asyncio.Task[None] | None = None

    @property
    def case(self) -> Case:
        """The case it keeps."""
        return self._case

    @property
    def expects(self) -> str:
        """What kind of answer the recogniser should expect now."""
        return "address" if self._asking == "ask_where" else "open"

    def start(self) -> None:
        """Begin; the reassurance has been queued already."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Fall silent: a person is there, or the call is over."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def hear(self, text: str) -> None:
        """Take in what the caller says meanwhile."""
        await self._notes.add_words(text)
        reading = read_address(text, self._services.roster)
        if reading is not None:
            await self._notes.learn_place(reading)
        if self._asking == "ask_people":
            await self._notes.learn(card={"people": text})
        elif self._asking == "ask_hurt":
            await self._notes.learn(card={"hurt": text})
        self._answered.set()

    async def follow(self, event: TimelineEvent) -> None:
        """Tell the caller what the desk is doing."""
        if event.name == EventName.HANDOFF_ESCALATED:
            started_again = int(event.data.get("round", 0)) > self._rounds_told
            if not started_again:
                await self._tell("escalated")
                return
            self._rounds_told = int(event.data["round"])
            if self._case.is_emergency:
                await self._tell("nobody_yet")
                await self._tell("callback_promise")
            else:
                await self._tell("take_message")

    async def _run(self) -> None:
        if self._questions and self._case.is_emergency:
            await self._quiet()
            for key in _ASKED[self._case.kind]:
                await self._ask(key)
            await self._advise()
        while True:
            await self._quiet()
            await asyncio.sleep(_ANNOUNCE_EVERY)
            await self._tell("still_ringing")

    async def _ask(self, key: str) -> None:
        if key == "ask_where" and self._place_is_certain():
            return
        self._asking = key
        self._answered.clear()
        await self._tell(key)
        await self._quiet()
        try:
            async with asyncio.timeout(_ASK_WAIT):
                await self._answered.wait()
            await self._tell("noted")
        except TimeoutError:
            # A caller in danger need not answer; the next thing is said anyway.
            logger.info("case %s: %s unanswered", self._case.handoff_id, key)
        self._asking = ""

    async def _advise(self) -> None:
        text = self._services.community.phrase(f"advice_{self._case.kind}")
        await self._voice.say(text)
        await self._notes.learn(card={"advice": [*self._case.card.get("advice", ()), text]})

    def _place_is_certain(self) -> bool:
        where = self._case.card.get("where", {})
        return bool(where.get("building")) and not where.get("unconfirmed")

    async def _tell(self, key: str) -> None:
        await self._voice.say(self._services.community.phrase(key))
